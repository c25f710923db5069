"""One process that reads one regional file.

python -m tests.bench.ec2_read bare|accelerated|all FILE     prints seconds, peak MB, rows
"""

from __future__ import annotations

import json
import sys
import time
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from connectors.ask import Ask
from connectors.aws_offer_csv import OfferCsv
from connectors.aws_offers import OfferFile
from connectors.aws_prices import NEEDED, OFFER, OPTIONAL, parse
from connectors.duck import name, reader
from connectors.web import Web
from tests.bench.measure import import_the_rest, own_peak_mb


def bare(path: Path) -> int:
    """DuckDB reads the same columns and does nothing with them."""
    csv = OfferCsv.of(path, OFFER.code, NEEDED)
    wanted = ", ".join(f"max({name(c)})" for c in (*NEEDED, *OPTIONAL))
    with reader(path.parent) as con:
        found = con.execute(f"select count(*), {wanted} from ({csv.scan(NEEDED, OPTIONAL)})").fetchone()
    return int(found[0]) if found else 0


def full(path: Path, scope: str) -> int:
    """Read, classify, type, fold, judge, write Parquet; the kept price dimensions are those of its rows."""
    ask = Ask(date(2026, 11, 21), "http://127.0.0.1", Web(offline=True), path.parent, scope=scope)
    file = OfferFile("us-east-1", "", "http://127.0.0.1/us-east-1/index.json")
    rows = 0
    for partition in parse(ask, file, OfferCsv.of(path, OFFER.code, NEEDED)):
        pq.write_table(partition.rows, path.parent / f"{scope}.{partition.kind}.parquet")
        rows += partition.rows.num_rows
    return rows


if __name__ == "__main__":
    task, file = sys.argv[1], Path(sys.argv[2])
    import_the_rest()
    start = time.perf_counter()
    count = bare(file) if task == "bare" else full(file, task)
    json.dump({"seconds": time.perf_counter() - start, "peak_mb": own_peak_mb(), "rows": count}, sys.stdout)
