"""One process that gives a warehouse a past and then runs some nights on it.

python -m tests.bench.growth_nights FOLDER ROWS NIGHTS RUNS     prints what each stage took, and bytes
"""

from __future__ import annotations

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import duckdb

from flows import dbt
from flows.load import load_and_gate
from flows.settings import Settings
from flows.warehouse import connect
from tests.bench import growth
from tests.bench.measure import MEGABYTE, Raw, own_peak_mb
from tests.bench.store_ours import SELECT

ORDER = "provider, region, zone, sku, operating_system, purchase_option, currency, valid_from"


def one(settings: Settings, rows: int, number: int) -> tuple[float, float]:
    """Night `number`, counted from LAST: seconds of load and gate, and of the merge."""
    day = growth.LAST + timedelta(days=number)
    growth.land(settings, day, growth.answers(growth.prices(rows, number + 1)))
    started = time.perf_counter()
    load_and_gate(settings, day)
    loaded = time.perf_counter() - started
    marts = settings.paths.root / "marts.duckdb"
    built = dbt.build(settings, day, marts, command="run", select=SELECT)
    return loaded, built.seconds["hist_instance_price"]


def main(folder: Path, rows: int, nights: int, runs: int) -> Raw:
    """A first night, `nights` - 2 made at once behind it, and `runs` measured ones; of age 1 the first itself."""
    settings = Settings(home=folder, offline=True, cost_draws=256)
    settings.paths.make()
    table = "history.hist_instance_price"
    times = [one(settings, rows, 0)]
    if nights > 1:
        with connect(settings.paths.warehouse) as con:
            growth.age(con, table, "hash(source_key, purchase_option)", nights - 1, "price_per_hour", growth.LAST)
        times = [one(settings, rows, number) for number in range(1, runs + 1)]
    loads, merges = zip(*times, strict=True)
    file = folder / "prices.duckdb"
    with duckdb.connect(str(file)) as con:  # of the version that dbt publishes
        con.execute(f"attach '{settings.paths.warehouse}' as warehouse (read_only)")
        con.execute(
            "create table instance_price as select * exclude (source_rank, part_region, part_kind, price_kind)"
            f" from warehouse.{table} order by {ORDER}"
        )
        (history_rows,) = con.sql("select count(*) from instance_price").fetchall()[0]
        con.execute("checkpoint")
    return {
        "load_s": loads,
        "merge_s": merges,
        "history_rows": history_rows,
        "published_mb": file.stat().st_size / MEGABYTE,
        "warehouse_mb": settings.paths.warehouse.stat().st_size / MEGABYTE,
        "peak_mb": own_peak_mb(),
    }


if __name__ == "__main__":
    json.dump(main(Path(sys.argv[1]), *map(int, sys.argv[2:])), sys.stdout)
