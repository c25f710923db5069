"""Today's answer for one scenario: the one figure, the ranked options, and what is hidden and why."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from connectors.errors import UsageError
from costmodel.cost_classes import COST_CLASS
from flows.quantities import one_of

DEFAULT_SCENARIO = "dialogue-llama-70b"
COLUMNS = (
    "rank",
    "option_id",
    "accelerator",
    "precision",
    "nodes_peak",
    "usd_per_day",
    "usd_per_day_low",
    "usd_per_day_high",
    "usd_per_million_output_tokens_input_included",
    "price_origin",
    "price_age_days",
    "regions",
)
# Why a row is not ranked, first reason wins.
HIDDEN = """
case
    when status <> 'ok' then status
    when equivalence = 'withdrawn' then 'no longer sold'
    when equivalence = 'other_precision' then 'another number format'
    when equivalence <> 'same_weights' then 'another model'
    when evidence not in ('measured', 'family') then 'throughput not calibrated'
    when quality not in ('list', 'quoted', 'measured') then 'price is ' || quality
    when purchase_option = 'spot' then 'spot, and the scenario tolerates no interruption'
    else 'not ranked'
end
"""


@dataclass(frozen=True)
class Filters:
    """What the person wants to see."""

    scenario: str = DEFAULT_SCENARIO
    provider: str | None = None
    region: str | None = None
    max_price_age_days: int | None = None
    top: int = 15
    substitutes: int = 5
    all_regions: bool = False


@dataclass(frozen=True)
class Today:
    """One scenario's night: rows are tuples of COLUMNS, `best` a row of daily_cost by name.

    An instance type under one purchase option is one row, in its cheapest region; `regions` counts
    how many of its regions are priced. `negotiated` counts the shown rows that a discount makes cheaper than at list,
    `on_trust` those of which a promise is not published (``status_reason``).
    """

    cost_date: str
    best: dict[str, Any] | None
    classes: dict[str, Decimal]
    options: list[tuple[Any, ...]]
    substitutes: list[tuple[Any, ...]]
    hidden: dict[str, int]
    negotiated: int
    on_trust: int


def today(con: duckdb.DuckDBPyConnection, filters: Filters) -> Today:
    """Read one scenario's answer from ``daily_cost``.

    Raises:
        UsageError: no such scenario, provider or region; lists the names.
    """
    known = [s for (s,) in con.execute("select distinct scenario_id from daily_cost order by 1").fetchall()]
    if filters.scenario not in known:
        new = "one that is new in costwatt.toml needs a night: costwatt refresh"
        raise UsageError(f"--scenario {filters.scenario}: no such scenario; one of {', '.join(known)}; {new}")
    for column, asked in (("provider", filters.provider), ("region", filters.region)):
        if asked is not None:
            names = [name for (name,) in con.execute(f"select distinct {column} from daily_cost").fetchall()]
            one_of(f"--{column}", asked, sorted(names), f'costwatt sql "select distinct {column} from daily_cost"')
    where, values = _where(filters)
    shown = f"from daily_cost where {where}"
    (cost_date,) = con.execute("select max(cost_date)::varchar from daily_cost").fetchone() or ("",)
    options = _listed(con, f"{shown} and rank is not null", values, filters, filters.top)
    peers = f"{shown} and status = 'ok' and equivalence = 'substitute'"
    substitutes = _listed(con, peers, values, filters, filters.substitutes)
    best = _best(con, shown, values)
    hidden = _hidden(con, shown, values, options)
    listed = f"{shown} and list_contains(?, option_id)"
    ids = [*values, [row[1] for row in (*options, *substitutes)]]
    negotiated = _count(con, f"{listed} and usd_per_day <> list_usd_per_day", ids)
    on_trust = _count(con, f"{listed} and status = 'ok' and status_reason is not null", ids)
    return Today(cost_date, best, _classes(best), options, substitutes, hidden, negotiated, on_trust)


def _listed(
    con: duckdb.DuckDBPyConnection, rows: str, values: list[Any], filters: Filters, top: int
) -> list[tuple[Any, ...]]:
    """The cheapest rows; of regions that differ in nothing else, the cheapest; of each kind at least one."""
    group = "option_id" if filters.all_regions else "provider, sku, purchase_option"
    return con.execute(
        f"""
        with cheapest as (
            select *, count(*) over (partition by {group}) as regions {rows}
            qualify row_number() over (partition by {group} order by usd_per_day, option_id) = 1
        )
        select {", ".join(COLUMNS)} from cheapest
        qualify row_number() over (order by usd_per_day, option_id) <= ?
            or row_number() over (partition by deployment order by usd_per_day, option_id) = 1
        order by usd_per_day, option_id
        """,
        [*values, top],
    ).fetchall()


def _where(filters: Filters) -> tuple[str, list[Any]]:
    clauses = {
        "scenario_id = ?": filters.scenario,
        "provider = ?": filters.provider,
        "region = ?": filters.region,
        "price_age_days <= ?": filters.max_price_age_days,
    }
    chosen = {clause: value for clause, value in clauses.items() if value is not None}
    return " and ".join(chosen), list(chosen.values())


def _best(con: duckdb.DuckDBPyConnection, shown: str, values: list[Any]) -> dict[str, Any] | None:
    result = con.execute(f"select * {shown} and rank is not null order by rank limit 1", values)
    names = [d[0] for d in result.description or []]
    row = result.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def _classes(best: dict[str, Any] | None) -> dict[str, Decimal]:
    """Sum of the best option's components by cost class, dearest first [USD/day]."""
    classes: dict[str, Decimal] = {}
    for component, cost_class in COST_CLASS.items() if best else ():
        amount = Decimal(str((best or {})[component] or 0))
        classes[cost_class] = classes.get(cost_class, Decimal(0)) + amount
    return {c: a for c, a in sorted(classes.items(), key=lambda item: -item[1]) if a}


def _count(con: duckdb.DuckDBPyConnection, rows: str, values: list[Any]) -> int:
    ((found,),) = con.execute(f"select count(*) {rows}", values).fetchall()
    return int(found)


def _hidden(
    con: duckdb.DuckDBPyConnection, shown: str, values: list[Any], options: list[tuple[Any, ...]]
) -> dict[str, int]:
    rows = con.execute(
        f"select {HIDDEN} as reason, count(*) {shown} and rank is null group by 1 order by 2 desc, 1", values
    ).fetchall()
    (ranked,) = con.execute(f"select count(*) {shown} and rank is not null", values).fetchone() or (0,)
    elsewhere = sum(row[-1] - 1 for row in options)
    ranked_too = {"the same in dearer regions": elsewhere, "ranked below": ranked - elsewhere - len(options)}
    return {why: n for why, n in ranked_too.items() if n} | dict(rows)
