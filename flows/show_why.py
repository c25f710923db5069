"""Print what moved a cost between two nights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flows.render import Format, emit, money, spelt_out
from flows.why import Change, Night

#: Figures of an option that move from night to night, shown where they did.
MOVING = (
    "usd_per_hour",
    "list_usd_per_hour",
    "on_demand_usd_per_hour",
    "list_on_demand_usd_per_hour",
    "usd_per_million_input_tokens",
    "usd_per_million_cached_tokens",
    "usd_per_million_output_tokens",
    "tokens_discount_ratio",
    "server_price_usd",
    "usd_per_kwh",
    "egress_usd_per_gb",
    "egress_discount_ratio",
    "storage_usd_per_gb_month",
    "storage_discount_ratio",
    "pue_ratio",
    "usd_per_unit",
    "source_key",
)


def show_change(change: Change, form: Format, currency: str) -> None:
    """Print the parts of a change in `currency`; they sum to it. Figures that moved stay in their units."""
    old, new = change.before.cost, change.after.cost
    since, until = str(old["cost_date"]), str(new["cost_date"])
    rows = [(since, until, factor, round(usd * change.rate, 4)) for factor, usd in change.parts.items()]
    if form is not Format.table:
        emit(("since", "until", "factor", f"{currency.lower()}_per_day"), rows, form)
        return
    before, after, moved = (usd * change.rate for usd in (old["usd_per_day"], new["usd_per_day"], change.usd_per_day))
    print(spelt_out(f"{new['scenario_id']} on {new['option_id']}"))
    amounts = f"{money(before, 2)} {currency}/day on {since}, {money(after, 2)} on {until}"
    print(f"  {amounts}: {moved:+,.2f} {currency}/day ({moved / before:+.1%})\n")
    parts = [(factor.replace("_", " "), f"{amount:+,.2f}") for _, _, factor, amount in rows if amount]
    emit(("moved by", f"{currency}/day"), parts or [("nothing", "0.00")], form, right=(f"{currency}/day",))
    figures = list(_moved(change))
    if figures:
        print()
        emit(("figure", since, until), figures, form, right=(since, until))


def _moved(change: Change) -> Iterator[tuple[str, Any, Any]]:
    """Figures of the option that moved, then assumptions."""
    before, after = change.before, change.after
    for name in MOVING:
        old, new = before.option.get(name), after.option.get(name)
        if old != new and not (name.startswith("list_") and _at_list(before, after, name)):
            yield name, old, new
    for name in sorted(before.assumptions.keys() | after.assumptions.keys()):
        old, new = (night.assumptions.get(name) for night in (before, after))
        if old != new:
            yield f"{name} (assumption)", old, new


def _at_list(before: Night, after: Night, name: str) -> bool:
    """Whether a list price is what was paid on both nights, and stands there as such."""
    return all(night.option.get(name) == night.option.get(name.removeprefix("list_")) for night in (before, after))
