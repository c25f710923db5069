"""One process that pulls many regions, four at a time, from the loopback price list.

python -m tests.bench.aws_world_read FILE REGIONS     prints seconds, peak MB, rows
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

from connectors.ask import Ask
from connectors.aws_offers import OfferFile
from connectors.aws_prices import pull_file
from connectors.web import Web
from tests.bench.measure import own_peak_mb
from tests.fakes.server import Fake, Reply, Server

WORKERS = 4


def pull(file: Path, regions: int) -> int:
    """Rows of all regions; every region answers the same file."""
    with Server([Fake("list", lambda _: Reply(file))]) as server, tempfile.TemporaryDirectory() as folder:
        ask = Ask(date(2026, 11, 21), server.url("list"), Web(), Path(folder))

        def rows_of(number: int) -> int:
            version = f"{number:014d}"  # names the file on disk
            offer = OfferFile("us-east-1", version, f"{ask.url}/{version}/us-east-1/index.json")
            return sum(p.rows.num_rows for p in pull_file(ask, offer))

        with ThreadPoolExecutor(WORKERS) as pool:
            return sum(pool.map(rows_of, range(regions)))


if __name__ == "__main__":
    start = time.perf_counter()
    count = pull(Path(sys.argv[1]), int(sys.argv[2]))
    json.dump({"seconds": time.perf_counter() - start, "peak_mb": own_peak_mb(), "rows": count}, sys.stdout)
