"""Tables for people and machines: rich on a terminal, JSON and CSV for the next program."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from rich.console import Console
from rich.table import Table


class Format(StrEnum):
    """How data is printed on stdout."""

    table = "table"
    json = "json"
    csv = "csv"


def emit(
    names: Sequence[str],
    rows: Sequence[Sequence[Any]],
    form: Format,
    *,
    title: str = "",
    right: Sequence[str] = (),
) -> None:
    """Print rows on stdout in the chosen form; `right` names the columns that are numbers."""
    if form is Format.json:
        records = [dict(zip(names, (_jsonable(v) for v in row), strict=True)) for row in rows]
        sys.stdout.write(json.dumps(records, ensure_ascii=False, indent=1) + "\n")
    elif form is Format.csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    else:
        _table(names, rows, title, right)


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]], title: str, right: Sequence[str]) -> None:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for name in names:
        numeric = name in right or (rows and isinstance(rows[0][list(names).index(name)], int | float | Decimal))
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in rows:
        table.add_row(*("" if v is None else str(v) for v in row))
    out = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 180, highlight=False, markup=False)
    out.print(table)


def _jsonable(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value


def money(value: Any, digits: int = 0) -> str:
    """``27740.1`` -> ``27,740``; empty for unknown."""
    return "" if value is None else f"{value:,.{digits}f}"
