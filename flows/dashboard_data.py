"""What the page of a night shows, read from its database: rows as plain dicts of text and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from flows import dashboard_queries as queries
from flows.today import COLUMNS, DEFAULT_SCENARIO, Filters, today

Row = dict[str, Any]
TOP, SUBSTITUTES = 15, 8
PAST_DAYS = 365
CLASSES = ("hardware", "software", "labour", "energy", "network", "tokens")


@dataclass(frozen=True)
class ScenarioView:
    """One scenario: its answer, its options and what they are made of; `requests_per_day` 0: not known."""

    name: str
    title: str
    facts: str
    requests_per_day: float
    best: Row | None
    energy_share: float | None
    own_energy_share: float | None
    options: list[Row]
    substitutes: list[Row]
    hidden: dict[str, int]
    on_trust: int
    ways: list[Row]
    kinds: list[Row]
    costs: list[Row]
    zones: list[Row]
    scale: list[Row]
    break_even: list[Row]
    sensitivity: list[Row]


@dataclass(frozen=True)
class NightView:
    """All that the page of one night shows."""

    cost_date: str
    first_night: str
    scenarios: list[ScenarioView]
    market: dict[str, list[Row]]
    negotiated: int  # ranked options that a discount makes cheaper than at list


def read_night(con: duckdb.DuckDBPyConnection) -> NightView:
    """Read the page's rows from a published database."""
    ((cost_date,),) = con.execute("select max(cost_date) from daily_cost").fetchall()
    market = {
        "tariffs": rows(con, queries.TARIFFS),
        "index": rows(con, queries.INDEX),
        "history": rows(con, queries.HISTORY, {"cost_date": cost_date}),
        "cost_changes": rows(con, queries.COST_CHANGES),
        "cost_change_kinds": rows(con, queries.COST_CHANGE_KINDS),
        "price_changes": rows(con, queries.PRICE_CHANGES),
        "change_kinds": rows(con, queries.CHANGE_KINDS),
        "sources": rows(con, queries.SOURCES),
        "alerts": rows(con, queries.ALERTS),
    }
    names = [s for (s,) in con.execute("select distinct scenario_id from daily_cost order by 1").fetchall()]
    names.sort(key=lambda name: name != DEFAULT_SCENARIO)
    ((first_night,),) = con.execute(queries.FIRST_NIGHT).fetchall()
    ((negotiated,),) = con.execute(queries.NEGOTIATED).fetchall()
    return NightView(str(cost_date), str(first_night), [_scenario(con, name) for name in names], market, negotiated)


def rows(con: duckdb.DuckDBPyConnection, sql: str, values: Any = None) -> list[Row]:
    """Rows of a query as dicts; decimals become floats and dates ISO text, as JSON wants them."""
    result = con.execute(sql, values)
    names = [d[0] for d in result.description or []]
    return [_row(names, values) for values in result.fetchall()]


def _scenario(con: duckdb.DuckDBPyConnection, name: str) -> ScenarioView:
    answer = today(con, Filters(name, top=TOP, substitutes=SUBSTITUTES))
    kinds = rows(con, queries.KINDS, [name])
    facts = rows(con, "select name, model, assumed, attribute, value from scenario where scenario = ?", [name])
    best = rows(con, "from scenario_daily where scenario_id = ?", [name])
    value = {f["attribute"]: f["value"] for f in facts}
    return ScenarioView(
        name=name,
        title=facts[0]["name"] if facts else name,
        facts=_told(facts[0], value) if "requests_per_day" in value else "",
        requests_per_day=value.get("requests_per_day", 0),
        best=best[0] if best else None,
        energy_share=best[0]["energy_class_usd"] / best[0]["usd_per_day"] if best else None,
        own_energy_share=_energy_share([k for k in kinds if k["option_kind"] == "owned"]),
        options=[_row(COLUMNS, option) for option in answer.options],
        substitutes=[_row(COLUMNS, option) for option in answer.substitutes],
        hidden=answer.hidden,
        on_trust=answer.on_trust,
        ways=rows(con, queries.WAYS, [name]),
        kinds=kinds,
        costs=rows(con, queries.COSTS, {"scenario": name, "days": PAST_DAYS}),
        zones=rows(con, queries.ZONES, {"scenario": name}),
        scale=rows(con, queries.SCALE, [name]),
        break_even=rows(con, queries.BREAK_EVEN, [name]),
        sensitivity=rows(con, queries.SENSITIVITY, [name]),
    )


def _told(scenario: Row, value: dict[str, float]) -> str:
    """The service in one line: model, traffic, tokens, latency targets."""
    targets = [
        f"{label} {value[key]:,.0f} ms"
        for key, label in (("ttft_p95_ms", "first token (P95) within"), ("itl_mean_ms", "between tokens"))
        if value.get(key)
    ]
    told = (
        f"{scenario['model']}: {value['requests_per_day']:,.0f} requests a day of {value['input_tokens']:,.0f} tokens"
        f" in and {value['output_tokens']:,.0f} out; {', '.join(targets) or 'no latency target'}"
    )
    return told + ("; the figures of this service were never published and are assumed" if scenario["assumed"] else "")


def _energy_share(parts: list[Row]) -> float | None:
    energy = sum(p["class_usd_per_day"] for p in parts if p["cost_class"] == "energy")
    return energy / parts[0]["usd_per_day"] if parts else None


def _row(names: Any, values: Any) -> Row:
    return {name: _plain(value) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
