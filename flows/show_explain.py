"""Print a bill taken apart, and two bills side by side."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flows.explain import COLUMNS, Detail, Explained, interval, rows_for_machines
from flows.figures import readable
from flows.provenance import price_source
from flows.render import Format, emit, money, priced_at, spelt_out

HEADERS = ("input", "value", "unit", "low", "high", "from", "as of")


def show_explained(found: Explained, form: Format, *, currency: str, rate: Decimal) -> None:
    """Print one bill; totals are converted at `rate` units of `currency` per USD, inputs stay in their units."""
    if form is not Format.table:
        emit(COLUMNS, rows_for_machines(found), form)
        return
    print(spelt_out("\n".join(headline(found, currency, rate))))
    shown: set[str] = set()
    for line in found.lines:
        low, high = interval(found, line.component)
        amount = money(Decimal(line.usd_per_day) * rate, 2)
        name = line.component.removesuffix("_usd")
        print(f"\n{name} {amount} {currency}/day{_interval(low, high, rate)}  [{line.cost_class}]")
        print(f"  = {line.formula}")
        if line.usd_per_day:
            emit(HEADERS, list(_cells(found.details(line), shown)), form, right=("value", "low", "high"))


def headline(found: Explained, currency: str, rate: Decimal) -> list[str]:
    """What the bill is for, its total, the serving plan and the source row of the price."""
    cost, scenario = found.cost, found.scenario
    lines = [f"{cost['cost_date']}  {cost['scenario_id']} on {cost['option_id']}"]
    if cost["usd_per_day"] is None:
        return [*lines, f"  no cost: {cost['status']}: {cost['status_reason'] or 'see today'}"]
    total = f"{money(cost['usd_per_day'] * rate, 2)} {currency} per day"
    basis = priced_at(cost["usd_per_day"], cost["list_usd_per_day"], rate, 2)
    lines += [
        f"  {total}{_interval(cost['usd_per_day_low'], cost['usd_per_day_high'], rate)}; {basis}, excluding tax",
        (
            f"  service  {scenario['model']}: {scenario['requests_per_day']:,.0f} requests/day of"
            f" {scenario['input_tokens']:,.0f} input and {scenario['output_tokens']:,.0f} output tokens"
        ),
    ]
    if cost["tensor_parallel"] is not None:
        lines += [
            (
                f"  plan     {cost['precision']}, {cost['tensor_parallel']} accelerators per replica, batch"
                f" {cost['batch']}, {cost['tok_s_per_replica']:,.0f} output tokens/s per replica ({cost['evidence']})"
            ),
            (
                f"  latency  first token {readable(cost['ttft_ms'])} ms (P95), {readable(cost['itl_ms'])} ms between"
                f" tokens; bound by {cost['bound_by']}"
            ),
            (
                f"  fleet    {cost['nodes_peak']} nodes of {cost['accelerators_per_node']:g} x {cost['accelerator']} in"
                f" the busiest hour, {cost['nodes_mean']:.3g} on average, {cost['utilisation']:.0%} busy"
            ),
        ]
    if cost["status_reason"]:
        lines.append(f"  status   {cost['status']}: {cost['status_reason']}")
    return lines + [f"  price    {part}" for part in price_source(found.option)]


def _cells(details: Iterator[Detail], shown: set[str]) -> Iterator[tuple[Any, ...]]:
    """Lines of a component; what an earlier component has already derived is not derived again."""
    skipped = None
    for one in details:
        if skipped is not None and one.depth > skipped:
            continue
        skipped = None
        source = one.origin.source
        if one.given.inputs:
            known = one.given.name in shown
            source = "as above" if known else _from_below(one.given.formula)
            skipped = one.depth if known else None
            shown.add(one.given.name)
        name = "  " * one.depth + one.given.name
        low, high = readable(one.origin.low), readable(one.origin.high)
        unit = "" if one.origin.unit == "1" else one.origin.unit
        yield name, readable(one.given.value), unit, low, high, source, one.origin.as_of


def _from_below(formula: str) -> str:
    """``Paid node-hours [h].`` -> ``paid node-hours, from the lines below``: the unit has a column of its own."""
    words = formula.rpartition(" [")[0] or formula.rstrip(".")
    first = words if words[1:2].isupper() else words[:1].lower() + words[1:]
    return f"{first}, from the lines below"


def _interval(low: Any, high: Any, rate: Decimal) -> str:
    if low is None or high is None or low == high:
        return ""
    return f" ({money(Decimal(low) * rate, 2)} to {money(Decimal(high) * rate, 2)}, P5 to P95)"
