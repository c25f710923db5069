"""One process that reads one regional file: how much longer than a bare pass, how much memory.

python -m tests.bench.ec2_read bare|full FILE [accelerated|all]     prints seconds, peak MB, rows
"""

from __future__ import annotations

import json
import resource
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


def bare(path: Path) -> int:
    """DuckDB reads the same columns and does nothing with them."""
    csv = OfferCsv.of(path, OFFER.code, NEEDED)
    wanted = ", ".join(f"max({name(c)})" for c in (*NEEDED, *OPTIONAL))
    with reader(path.parent) as con:
        found = con.execute(f"select count(*), {wanted} from ({csv.scan(NEEDED, OPTIONAL)})").fetchone()
    return int(found[0]) if found else 0


def full(path: Path, scope: str) -> int:
    """Read, classify, type, fold, judge, write Parquet."""
    ask = Ask(date(2026, 11, 21), "http://127.0.0.1", Web(offline=True), path.parent, scope=scope)
    file = OfferFile("us-east-1", "", "http://127.0.0.1/us-east-1/index.json")
    rows = 0
    for partition in parse(ask, file, OfferCsv.of(path, OFFER.code, NEEDED)):
        pq.write_table(partition.rows, path.parent / f"{partition.kind}.parquet")
        rows += partition.rows.num_rows
    return rows


if __name__ == "__main__":
    task, file, *scope = sys.argv[1:]
    start = time.perf_counter()
    count = bare(Path(file)) if task == "bare" else full(Path(file), *(scope or ["accelerated"]))
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    json.dump({"seconds": round(seconds, 2), "peak_mb": round(peak), "rows": count}, sys.stdout)
