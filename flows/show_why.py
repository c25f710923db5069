"""Print what moved a cost between two nights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flows.render import Format, emit, money
from flows.why import Change

COLUMNS = ("since", "until", "factor", "usd_per_day")
#: Figures of an option that move from night to night, shown where they did.
MOVING = (
    "usd_per_hour",
    "on_demand_usd_per_hour",
    "usd_per_million_input_tokens",
    "usd_per_million_cached_tokens",
    "usd_per_million_output_tokens",
    "server_price_usd",
    "usd_per_kwh",
    "egress_usd_per_gb",
    "pue_ratio",
    "usd_per_unit",
    "source_key",
)


def show_change(change: Change, form: Format) -> None:
    """Print the parts of a change; they sum to it."""
    old, new = change.before.cost, change.after.cost
    since, until = str(old["cost_date"]), str(new["cost_date"])
    rows = [(since, until, factor, usd) for factor, usd in change.parts.items()]
    if form is not Format.table:
        emit(COLUMNS, rows, form)
        return
    print(f"{new['scenario_id']} on {new['option_id']}")
    amounts = f"{money(old['usd_per_day'], 2)} USD/day on {since}, {money(new['usd_per_day'], 2)} on {until}"
    print(f"  {amounts}: {change.usd_per_day:+,.2f} USD/day ({change.usd_per_day / old['usd_per_day']:+.1%})\n")
    parts = [(factor.replace("_", " "), f"{usd:+,.2f}") for _, _, factor, usd in rows if usd]
    emit(("moved by", "USD/day"), parts or [("nothing", "0.00")], form, right=("USD/day",))
    figures = list(_moved(change))
    if figures:
        print()
        emit(("figure", since, until), figures, form, right=(since, until))


def _moved(change: Change) -> Iterator[tuple[str, Any, Any]]:
    """Figures of the option that moved, then assumptions."""
    before, after = change.before, change.after
    for name in MOVING:
        old, new = before.option.get(name), after.option.get(name)
        if old != new:
            yield name, old, new
    for name in sorted(before.assumptions.keys() | after.assumptions.keys()):
        old, new = (night.assumptions.get(name) for night in (before, after))
        if old != new:
            yield f"{name} (assumption)", old, new
