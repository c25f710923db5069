"""Tables for people, JSON and CSV for the next program."""

from __future__ import annotations

import csv
import json
import math
import sys
from collections.abc import Iterable, Sequence
from datetime import date, time
from decimal import Decimal
from enum import StrEnum
from itertools import zip_longest
from typing import Any

import typer
from rich.cells import cell_len

# shown as \x1b, ...: a name in a price list must not steer the terminal; a newline begins a line of the cell
CONTROLS = {code: repr(chr(code))[1:-1] for code in (*range(10), *range(11, 32), *range(127, 160))}


class Format(StrEnum):
    """How data is printed on stdout."""

    table = "table"
    json = "json"
    csv = "csv"


def emit(
    names: Sequence[str],
    rows: Iterable[Sequence[Any]],
    form: Format,
    *,
    right: Sequence[str] = (),
) -> None:
    """Print rows on stdout in the chosen form; `right` names the columns that are numbers.

    A table is as wide as its cells: a terminal wraps it, a file or ``less -S`` keeps its lines.
    """
    if form is Format.json:
        records = [dict(zip(names, map(plain, row), strict=True)) for row in rows]
        sys.stdout.write(json.dumps(records, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    elif form is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        _table(names, list(rows), right)


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]], right: Sequence[str]) -> None:
    cells = [["" if v is None else spelt_out(str(v)) for v in row] for row in (names, *rows)]
    widths = [
        max(cell_len(line) for cell in column for line in cell.split("\n")) for column in zip(*cells, strict=True)
    ]
    numeric = [
        name in right or bool(rows and isinstance(rows[0][at], int | float | Decimal)) for at, name in enumerate(names)
    ]
    for at, row in enumerate(cells):
        for parts in zip_longest(*(cell.split("\n") for cell in row), fillvalue=""):
            padding = [" " * (width - cell_len(part)) for width, part in zip(widths, parts, strict=True)]
            padded = [p + t if n else t + p for p, t, n in zip(padding, parts, numeric, strict=True)]
            line = "  ".join(padded).rstrip()
            sys.stdout.write((typer.style(line, bold=True) if at == 0 and sys.stdout.isatty() else line) + "\n")


def spelt_out(text: str) -> str:
    """`text` as a terminal may have it: what would steer it is told, not done."""
    return text.translate(CONTROLS)


def plain(value: Any) -> Any:
    """`value` as JSON can hold it: numbers as floats (none if not finite), bytes in hex, the rest as text."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    text = value.isoformat() if isinstance(value, date | time) else value.hex() if isinstance(value, bytes) else value
    return str(text)  # also an interval or a UUID


def money(value: Any, digits: int = 0) -> str:
    """``27740.1`` -> ``27,740``; empty for unknown."""
    return "" if value is None else f"{value:,.{digits}f}"


def priced_at(usd: Decimal, list_usd: Decimal, rate: Decimal, digits: int = 0) -> str:
    """``list prices``, or for a negotiated amount ``negotiated; list 27,740``, at `rate` units per USD."""
    return "list prices" if list_usd == usd else f"negotiated; list {money(list_usd * rate, digits)}"
