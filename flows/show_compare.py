"""Print two bills side by side: their components, then the inputs in which they differ."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from flows.explain import Explained
from flows.figures import readable
from flows.render import Format, emit, money, spelt_out
from flows.show_explain import headline

COLUMNS = ("kind", "name", "unit", "first", "second", "second_minus_first")
LIMITS = {"total_low": "total, P5", "total_high": "total, P95", "list_total": "total at list prices"}


def show_compared(first: Explained, second: Explained, form: Format, *, currency: str, rate: Decimal) -> None:
    """Print both; amounts are converted at `rate` units of `currency` per USD, inputs stay in their units."""
    rows = [*compared_components(first, second, rate, currency), *compared_inputs(first, second)]
    if form is not Format.table:
        emit(COLUMNS, rows, form)
        return
    for letter, found in (("A", first), ("B", second)):
        print(spelt_out(f"{letter}: " + "\n".join(headline(found, currency, rate))), end="\n\n")
    right = ("A", "B", "B - A")
    parts = [
        (LIMITS.get(name, name.removesuffix("_usd")), _money(a), _money(b), _money(d))
        for kind, name, _, a, b, d in rows
        if kind == "component"
    ]
    emit((f"{currency}/day", *right), parts, form, right=right)
    print("\nInputs that both have and that differ (the rest: costwatt explain)")
    inputs = [
        (name, _text(a), _text(b), "" if unit == "1" else unit) for kind, name, unit, a, b, _ in rows if kind == "input"
    ]
    emit(("input", "A", "B", "unit"), inputs, form, right=("A", "B"))


def compared_components(
    first: Explained, second: Explained, rate: Decimal, currency: str
) -> Iterator[tuple[str, str, str, Any, Any, Any]]:
    """Every component that either has, then the total; a component that does not apply is 0, an unknown cost None."""
    amounts = [{line.component: line.usd_per_day for line in found.lines} for found in (first, second)]
    names = [name for name in dict.fromkeys([*amounts[0], *amounts[1]]) if any(a.get(name) for a in amounts)]
    for name in names:
        a, b = (_amount(costs.get(name, 0.0 if costs else None), rate) for costs in amounts)
        yield "component", name, f"{currency}/day", a, b, _difference(a, b)
    negotiated = any(found.cost["list_usd_per_day"] != found.cost["usd_per_day"] for found in (first, second))
    for name in ("usd_per_day", "usd_per_day_low", "usd_per_day_high", *(["list_usd_per_day"] if negotiated else ())):
        a, b = (_amount(found.cost[name], rate) for found in (first, second))
        yield "component", name.replace("usd_per_day", "total"), f"{currency}/day", a, b, _difference(a, b)


def compared_inputs(first: Explained, second: Explained) -> Iterator[tuple[str, str, str, Any, Any, Any]]:
    """Figures and plans that both have and that differ; what only one has stands in its own bill."""
    for name in ("accelerator", "precision", "price_as_of", "price_origin", "evidence", "status"):
        a, b = first.cost[name], second.cost[name]
        if a != b:
            yield "input", name, "", _plain(a), _plain(b), None
    figures = [{d.given.name: d for line in found.lines for d in found.details(line)} for found in (first, second)]
    for name in (name for name in figures[0] if name in figures[1]):
        a, b = (side[name].given.value for side in figures)
        if not math.isclose(a, b, rel_tol=1e-9):
            yield "input", name, figures[0][name].origin.unit, a, b, b - a


def _amount(value: float | Decimal | None, rate: Decimal) -> Decimal | None:
    return None if value is None else round(Decimal(value) * rate, 4)


def _difference(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return None if a is None or b is None else b - a


def _money(value: Decimal | None) -> str:
    return money(value, 2)


def _plain(value: Any) -> str | None:
    return None if value is None else str(value)


def _text(value: float | str | None) -> str:
    return "-" if value is None else readable(value)
