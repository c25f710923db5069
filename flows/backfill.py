"""Days that no night has priced: AWS's old price lists, inserted below what history already knows, then the costs.

A night's knowledge is never rewritten: of each price, only the days before the first night that knew
it are filled, so running it twice inserts nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

import duckdb
import pyarrow as pa

from connectors.aws_offers import OfferFile
from connectors.aws_prices import OFFER, aws_prices, pull_file
from connectors.aws_versions import in_force, version_file, versions
from connectors.errors import UsageError
from connectors.records import InstancePrice
from connectors.web import Web
from flows import dbt
from flows.backfill_costs import fill_costs
from flows.backfill_inputs import DATED
from flows.progress import say
from flows.settings import Settings
from flows.sources import Night
from flows.versions import versions_of
from flows.warehouse import only_writer, open_warehouse

KEY = ", ".join(InstancePrice.KEY)
READ = ("instance_price", "partition", "cost")  # beside the inputs of the cost model
VALUES = "price_per_hour, list_per_hour, upfront, term_hours, quality"

# A version ends where the next night of its list has another value or none, and at the latest where history takes over.
INSERT = f"""
insert into history.hist_instance_price by name
with nights as (
    select day, part_region, part_kind,
        lead(day, 1, $until) over (partition by part_region, part_kind order by day) as next_day
    from (select distinct day, part_region, part_kind from old_price)
),
known as (
    select {KEY}, min(valid_from) as known_from from history.hist_instance_price group by all
),
single as (
    select * from old_price
    qualify count(*) over (partition by day, {KEY}) = 1
),
priced as (
    select single.*, nights.next_day
    from single inner join nights using (day, part_region, part_kind)
)
select versions.* replace (least(valid_to, coalesce(known_from, $until)) as valid_to),
    part_kind as price_kind, 1 as source_rank, 'live' as price_origin, 'aws_prices' as source
from ({versions_of("priced", KEY, VALUES)}) as versions
left join known using ({KEY})
where valid_from < coalesce(known_from, $until)
"""


@dataclass(frozen=True)
class Backfilled:
    """What was filled in for one region: old price lists read, versions of prices, days with a new cost, its rows."""

    region: str
    versions: int = 0
    rows: int = 0
    cost_days: int = 0
    cost_rows: int = 0


def backfill(settings: Settings, first: date, last: date) -> list[Backfilled]:
    """Fill the days from `first` to `last`: prices in the AWS regions of the settings, costs wherever one is missing.

    Offline, the costs alone: history knows all that they need.

    Raises:
        UsageError: no night ran yet, or the regions are not named.
        ConnectorError: AWS's old price lists cannot be had.
    """
    _check_night(settings)
    filled = {} if settings.offline else {f.region: f for f in _fill_prices(settings, first, last)}
    with only_writer(settings), open_warehouse(settings) as con:
        for costs in fill_costs(con, settings, first, last):
            of_prices = filled.get(costs.region, Backfilled(costs.region))
            filled[costs.region] = replace(of_prices, cost_days=costs.days, cost_rows=costs.rows)
    return list(filled.values())


def _check_night(settings: Settings) -> None:
    """Refuse a warehouse that no night of this version has filled to the end."""
    found: set[str] = set()
    is_current = False
    if settings.warehouse or settings.paths.warehouse.exists():
        with open_warehouse(settings, read_only=True) as con:
            tables = "select table_name from information_schema.tables where table_schema = 'history'"
            found = {name for (name,) in con.execute(tables).fetchall()}
            is_current = dbt.is_of_this_project(con, settings)
    if not found.issuperset(f"hist_{name}" for name in (*DATED, *READ)):
        raise UsageError("no night ran to its end yet; run: costwatt refresh")
    if not is_current:  # a column that its history lacks would take its default, and the cost be another one
        raise UsageError("the last night was of another version or of other settings; first run: costwatt refresh")


def _fill_prices(settings: Settings, first: date, last: date) -> Iterator[Backfilled]:
    if settings.aws_regions in (("all",), ("accelerated",)):
        raise UsageError("backfill reads one file of 200-450 MB per region and version: name COSTWATT_AWS_REGIONS")
    night = Night(first, settings, Web(offline=settings.offline))
    ask = night.ask(aws_prices)
    names = versions(ask, OFFER)
    for region in settings.aws_regions:
        until = _first_live_night(settings, region, last)
        days = in_force(names, first, until)
        files = {day: version_file(ask, OFFER, version, region) for day, version in days.items()}
        rows = _fill(night, files, until) if files else 0
        say(f"{region}: {len(files)} old price lists before {until}, {rows} price versions")
        yield Backfilled(region, len(files), rows)


def _first_live_night(settings: Settings, region: str, last: date) -> date:
    """The first night with the region's live prices, or the day after `last` where that is earlier."""
    with open_warehouse(settings, read_only=True) as con:
        (known,) = con.execute(
            "select min(cost_date) from history.hist_partition"
            " where source = 'aws_prices' and region = ? and status = 'complete'",
            [region],
        ).fetchone() or (None,)
    after = date.fromordinal(last.toordinal() + 1)
    return min(known or after, after)


def _fill(night: Night, files: dict[date, OfferFile], until: date) -> int:
    """Read the old files and insert their versions; number of rows."""
    ask = night.ask(aws_prices)
    tables = [
        _labelled(part.rows, day, part.region, part.kind)
        for day, file in files.items()
        for part in pull_file(ask, file)
        if part.record is InstancePrice
    ]
    with only_writer(night.settings), open_warehouse(night.settings) as con:
        return _insert(con, pa.concat_tables(tables), until)


def _insert(con: duckdb.DuckDBPyConnection, prices: pa.Table, until: date) -> int:
    con.register("old_price", prices)
    (rows,) = con.execute(INSERT, {"until": until}).fetchone() or (0,)
    con.unregister("old_price")
    return int(rows)


def _labelled(rows: pa.Table, day: date, region: str, kind: str) -> pa.Table:
    labels = {"day": pa.scalar(day, pa.date32()), "part_region": pa.scalar(region), "part_kind": pa.scalar(kind)}
    for name, value in labels.items():
        rows = rows.append_column(name, pa.repeat(value, rows.num_rows))
    return rows
