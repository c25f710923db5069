"""A list of named figures, each with its unit: what commands about one thing print."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from flows.render import Format, emit


class Figure(NamedTuple):
    """One line.

    Args:
        name: key of the figure; its unit is in it.
        value: number, text, or None for unknown.
        unit: unit of the value; empty for texts and counts.
        note: what it is.
    """

    name: str
    value: float | str | None
    unit: str
    note: str


def in_currency(figures: Iterable[Figure], currency: str, rate: Decimal) -> Iterator[Figure]:
    """The figures with amounts of money, and their names, in `currency` at `rate` units per USD."""
    for figure in figures:
        if not figure.unit.startswith("USD"):
            yield figure
            continue
        name, unit = figure.name.replace("usd", currency.lower()), figure.unit.replace("USD", currency)
        value = figure.value * float(rate) if isinstance(figure.value, float) else figure.value
        yield figure._replace(name=name, value=value, unit=unit)


def emit_figures(figures: Iterable[Figure], form: Format, title: Sequence[str] = ()) -> None:
    """Print figures; people also read `title`, see numbers with four digits, and are spared unknown ones."""
    rows: list[Sequence[Any]] = [tuple(figure) for figure in figures]
    if form is Format.table:
        print("\n".join(title), end="\n\n")  # noqa: T201  data for people, on stdout
        rows = [(name, readable(value), unit, note) for name, value, unit, note in rows if value is not None]
    emit(Figure._fields, rows, form, right=("value",))


def readable(value: float | str | None) -> str:
    """``1234.567`` -> ``1,235``, ``0.0123456`` -> ``0.01235``; empty for unknown."""
    if value is None or isinstance(value, str):
        return value or ""
    if abs(value) >= 1e15:  # noqa: PLR2004  beyond this, digits say less than an exponent
        return f"{value:.3e}"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:.4g}"  # noqa: PLR2004  four digits
