"""How history grows: 500,000 prices and 400,000 cost rows through a year, of which 1 % change each night."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.records import InstancePrice, Partition, schema_of
from flows.landing import part_folder, write_part
from flows.settings import Settings
from tests.bench.measure import MEGABYTE, Limit, Raw, Table, module, spread
from tests.bench.places import home

TITLE = "Growth"
LAST = date(2026, 9, 1)
ROWS, REGIONS = 500_000, 40
AGES = (1, 30, 365)  # nights that the warehouse has seen
MERGE_S, PRICES_MB, COSTS_MB, QUERY_MS = 5, 60, 500, 100
# Sizes, terms and keys as AWS and Azure name them; a key holds a random 16-character code, as theirs do.
PRICES = """
with terms as (
    select * from (values
        ('on_demand', 'JRTCKXETXF'), ('reserved_1y_no_upfront', '4NA7Y494T4'),
        ('reserved_1y_all_upfront', '6QCMYABX3D'), ('reserved_3y_no_upfront', 'BPH4J8HBKS'),
        ('reserved_3y_all_upfront', 'NQ3QZPMQV9')
    ) as t(purchase_option, code)
),
named as (
    select
        i, 'region-' || (i % {regions}) as region,
        'c' || (i // {regions} % 50) || '.' || (i // {regions} // 50) || 'xlarge' as sku,
        terms.purchase_option, terms.code, hash(i, 1) as random
    from range({rows} // 5) as r(i) cross join terms
)
select
    'aws' as provider, region, '' as zone, 'region' as location_type, sku, 'Linux' as operating_system,
    purchase_option, 'USD' as currency,
    (random % 900000000 / 1e7 + 0.1 + case when (i + {night}) % 100 = 0 then {night} * 1e-4 else 0 end)::decimal(18, 10)
        as price_per_hour,
    null::decimal(18, 10) as list_per_hour, null::decimal(18, 10) as upfront, null::bigint as term_hours,
    'list' as quality, 'https://pricing.example/offers/v1.0/aws/AmazonEC2/' || region || '/index.csv' as source_url,
    '20260901000000' as source_version,
    upper(substr(md5(i::varchar), 1, 16)) || '.' || code || '.6YS6EN2CT7' as source_key,
    timestamptz '2026-09-01 00:00:00+00' as published_at
from named
order by region, sku, purchase_option
"""
"""One night's prices: every hundredth one differs from the night before."""

# On a published file that has everything, with `last` the newest night and `scenario`, `option` that are in it.
QUERIES = {
    "cheapest option of each region today": """
        select region, min_by(option_id, usd_per_day), min(usd_per_day)
        from daily_cost where scenario_id = $scenario and rank is not null group by region""",
    "one option through the year": """
        select cost_date, usd_per_day, usd_per_day_low, usd_per_day_high
        from cost_by_day where scenario_id = $scenario and option_id = $option order by cost_date""",
    "largest changes of a month": """
        select option_id, after.usd_per_day - before.usd_per_day as change
        from cost_by_day as after inner join cost_by_day as before using (scenario_id, option_id)
        where scenario_id = $scenario and after.cost_date = $last and before.cost_date = $last - 30
        order by abs(change) desc limit 20""",
}


def prices(rows: int, night: int) -> pa.Table:
    """All prices of one night, in the schema of the record."""
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        table = con.sql(PRICES.format(rows=rows, regions=REGIONS, night=night)).to_arrow_table()
    return table.cast(schema_of(InstancePrice))


def answers(table: pa.Table) -> list[Partition]:
    """One night's prices as a source gives them, a part per region."""
    regions = [f"region-{number}" for number in range(REGIONS)]
    rows = [table.filter(pa.compute.equal(table.column("region"), region)) for region in regions]
    return [Partition(InstancePrice, region, "on_demand", r) for region, r in zip(regions, rows, strict=True)]


def land(settings: Settings, day: date, parts: Iterable[Partition]) -> None:
    """Write one night's prices into landing."""
    for part in parts:
        folder = part_folder(settings.paths.landing, day, "aws_prices", part.region)
        write_part(folder, "aws_prices", [part])


def age(con: duckdb.DuckDBPyConnection, table: str, key: str, nights: int, price: str, last: date) -> None:
    """Give `table` the closed versions of `nights` nights, in each of which every hundredth key changed.

    Args:
        con: connection to the warehouse.
        table: a dated table that holds one open version per key.
        key: expression that numbers the keys at random.
        nights: how many nights ago the first one was.
        price: column that changed; decimal.
        last: the newest night.
    """
    first = last - timedelta(days=nights)
    con.execute(f"update {table} set valid_from = date '{first}' where valid_to is null")
    con.execute(
        f"""
        insert into {table}
        select v.* exclude (share) replace (
            v.{price} * (1 + night / 10000.0) as {price},
            date '{first}' + night::integer as valid_from,
            least(date '{first}' + night::integer + 100, date '{last}' - 1) as valid_to
        )
        from range({nights}) as n(night)
        inner join (select *, {key} % 100 as share from {table} where valid_to is null) as v
            on v.share = n.night % 100
        order by night
        """
    )
    con.execute("checkpoint")


def measure(runs: int) -> Raw:
    """Nightly merges into warehouses of three ages, then questions to a year as it is published."""
    ages = {str(nights): of_age(nights, runs) for nights in AGES}
    return {"rows": ROWS, "ages": ages, "costs": costs_of_a_year(runs)}


def of_age(nights: int, runs: int) -> Raw:
    """Seconds and bytes of `runs` nights of a warehouse that has seen `nights`; of first nights, each has its own."""
    found = []
    for _ in range(runs if nights == 1 else 1):
        with tempfile.TemporaryDirectory(dir=home()) as folder:
            log = home() / "growth.log"
            found.append(module("tests.bench.growth_nights", folder, ROWS, nights, runs, log=log))
    times = {name: spread([seconds for f in found for seconds in f[name]]) for name in ("load_s", "merge_s")}
    return found[-1] | times


def costs_of_a_year(runs: int) -> Raw:
    """A year of cost history in the published file of a night of production size, and the time of each question.

    Raises:
        RuntimeError: no such night is there; --only night makes it.
    """
    published = home() / "night" / "home" / "published" / "cost.duckdb"
    if not published.exists():
        raise RuntimeError("growth asks the published file of a whole night: run --only night,growth")
    with tempfile.TemporaryDirectory(dir=home()) as folder:
        file, alone = Path(folder) / "cost.duckdb", Path(folder) / "history.duckdb"
        shutil.copyfile(published, file)
        with duckdb.connect(str(file)) as con:
            con.execute("set enable_progress_bar = false")
            (last,) = con.sql("select max(cost_date) from daily_cost").fetchall()[0]
            age(con, "cost_history", "hash(scenario_id, option_id)", max(AGES) - 1, "usd_per_day", last)
            con.execute(f"attach '{alone}' as alone")
            con.execute(
                "create table alone.cost_history as from cost_history order by scenario_id, option_id, valid_from"
            )
            con.execute("delete from cost_history")
            con.execute("insert into cost_history from alone.cost_history")
            (rows,) = con.sql("select count(*) from cost_history").fetchall()[0]
            con.execute("detach alone")
        return {
            "history_rows": rows,
            "history_mb": alone.stat().st_size / MEGABYTE,
            "queries_ms": {name: asked(file, sql, runs) for name, sql in QUERIES.items()},
        }


def asked(file: Path, sql: str, runs: int) -> Raw:
    """Milliseconds of a question, each time on a new connection; the first time apart, of a file not read before."""
    times = []
    for _ in range(runs + 1):
        with duckdb.connect(str(file), read_only=True) as con:
            scenario, option, last = con.sql(
                "select scenario_id, option_id, cost_date from daily_cost"
                " where rank = 1 and scenario_id = 'dialogue-llama-70b'"
            ).fetchall()[0]
            given = {"scenario": scenario, "option": option, "last": last}
            given = {name: value for name, value in given.items() if f"${name}" in sql}
            started = time.perf_counter()
            if not con.execute(sql, given).fetchall():
                raise RuntimeError(f"no answer to: {sql}")
            times.append(1000 * (time.perf_counter() - started))
    return spread(times[1:]) | {"first": times[0]}


def limits(raw: Raw) -> Iterator[Limit]:
    """Merge under 5 s, a year of prices under 60 MB and of costs under 500 MB, questions under 100 ms."""
    year = raw["ages"][str(max(AGES))]
    yield Limit("nightly merge of 500,000 prices into a year", year["merge_s"]["median"], MERGE_S, "s")
    yield Limit("a year of prices, as published", year["published_mb"], PRICES_MB, "MB")
    yield Limit("a year of cost history", raw["costs"]["history_mb"], COSTS_MB, "MB")
    for name, ms in raw["costs"]["queries_ms"].items():
        yield Limit(name, ms["median"], QUERY_MS, "ms")


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    kept = {
        "load and gate, s": "load_s",
        "merge, s": "merge_s",
        "rows of history": "history_rows",
        "warehouse MB": "warehouse_mb",
        "prices as published, MB": "published_mb",
        "peak MB": "peak_mb",
    }
    yield Table(
        f"{raw['rows']:,} prices a night, of which 1 % change, merged into a warehouse that has seen so many nights.",
        ["night", *kept],
        [[nights, *(figures[key] for key in kept.values())] for nights, figures in raw["ages"].items()],
    )
    costs = raw["costs"]
    yield Table(
        "Questions to the published file of a night of production size with a year of cost history in it:"
        f" {costs['history_rows']:,} rows, {costs['history_mb']:.0f} MB.",
        ["question", "ms", "first time, ms"],
        [[name, ms, ms["first"]] for name, ms in costs["queries_ms"].items()],
    )
