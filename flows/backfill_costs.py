"""Costs of days that no night has costed, from what history knows of them (:mod:`flows.backfill_inputs`).

A cost that is known is never computed again, so running it twice fills nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import duckdb

from costmodel import MODEL_VERSION
from costmodel.money import COMPONENTS
from flows.backfill_inputs import DATED, TABLES, make_inputs
from flows.known_costs import TAKEN_OVER, new_costs, to_compute
from flows.settings import Settings
from flows.versions import versions_of

# Between two of these days no input changes, and no known cost begins or ends.
CHANGES = " union all ".join(
    f"select unnest([valid_from, valid_to]) as day from history.hist_{name}"
    for name in (*DATED, "instance_price", "cost")
)
DAYS = f"select distinct day from ({CHANGES} union all select $first) where day >= $first and day < $until order by day"

FILLED = """
create or replace temp table filled (
    day date, next_day date, region varchar, scenario_id varchar, option_id varchar, status varchar,
    usd_per_day decimal(18, 4), usd_per_day_low decimal(18, 4), usd_per_day_high decimal(18, 4),
    kwh_per_day double, kgco2e_per_day double
)
"""
# Money as in sql/models/cost/cost_row.sql: the total is the exact sum of its components. Where no serving plan was ever
# known (a scenario that is younger than the machine is old), nothing is.
TOTAL = " + ".join(f"{component.name}::decimal(18, 4)" for component in COMPONENTS)
FILL = f"""
insert into filled
select $day, $next_day, region, scenario_id, option_id, status, {TOTAL},
    usd_per_day_low, usd_per_day_high, kwh_per_day, kgco2e_per_day
from day_cost
semi join day_missing using (scenario_id, option_id)
inner join (select distinct option_id, region from day_option) using (option_id)
where status <> 'not_supported' or precision is not null
"""

# A version that reaches the last night is as valid as that night's own.
VERSIONS = f"""
create or replace temp table versions as
select * replace (if(valid_to > $last_night, null, valid_to) as valid_to),
    $model_version as model_version, true as is_backfilled
from ({versions_of("filled", "scenario_id, option_id", "status, usd_per_day, usd_per_day_low, usd_per_day_high")})
"""
INSERT = "insert into history.hist_cost by name select * exclude (region) from versions"
COUNTS = """
select region, sum(next_day - day)::integer, (select count(*) from versions where versions.region = spans.region)
from (select distinct region, day, next_day from filled) as spans
group by region order by region
"""


@dataclass(frozen=True)
class FilledCosts:
    """What was filled in for one region: days with a new cost, and rows of ``history.hist_cost``."""

    region: str
    days: int
    rows: int


def fill_costs(con: duckdb.DuckDBPyConnection, settings: Settings, first: date, last: date) -> list[FilledCosts]:
    """Fill the costs of the days from `first` to `last`, as far as nights have come.

    Args:
        con: connection to the warehouse, which nobody else writes.
        settings: the draws behind the intervals, and where costs are computed.
        first: first day.
        last: last day.
    """
    ((last_night,),) = con.execute("select max(cost_date) from history.hist_partition").fetchall()
    until = date.fromordinal(min(last, last_night).toordinal() + 1)
    days = [day for (day,) in con.execute(DAYS, {"first": first, "until": until}).fetchall()]
    con.execute(FILLED)
    known = None
    for day, next_day in pairwise([*days, until]):
        if make_inputs(con, day) and _make_costs(con, settings, known):
            known = "day_cost"
            con.execute(FILL, {"day": day, "next_day": next_day})
    con.execute(VERSIONS, {"model_version": MODEL_VERSION, "last_night": last_night})
    con.execute("alter table history.hist_cost add column if not exists is_backfilled boolean")
    con.execute(INSERT)
    return [FilledCosts(*row) for row in con.execute(COUNTS).fetchall()]


def _make_costs(con: duckdb.DuckDBPyConnection, settings: Settings, known: str | None) -> bool:
    """Make ``day_cost`` from the inputs of the day, part by part.

    Args:
        con: connection with the tables of :func:`make_inputs`.
        settings: the draws, and where costs are computed.
        known: costs of an earlier day, taken over where all inputs are equal.

    Returns:
        Whether there is one: of an API that asks for longer prompts than a scenario has, there is no row.
    """
    rows = to_compute(con, TABLES, draws=settings.cost_draws, known=known)
    is_made = known is not None
    if is_made:
        con.execute(f"create or replace temp table new_cost as {TAKEN_OVER.format(known=known)}")
    for part in new_costs(con, TABLES, rows=rows, known=known, draws=settings.cost_draws, settings=settings):
        con.register("part", part)
        target = "insert into new_cost by name" if is_made else "create or replace temp table new_cost as"
        con.execute(f"{target} from part")
        con.unregister("part")
        is_made = True
    if is_made:
        con.execute("create or replace temp table day_cost as from new_cost")
    return is_made
