"""What a fault did, beside what it should have done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Outcome:
    """One row of the table that ``make faults`` prints."""

    fault: str
    expected: str
    seen: str
    held: bool


def show(outcomes: Iterable[Outcome]) -> None:
    table = Table("fault", "expected", "seen", "held", box=None, header_style="bold", pad_edge=False)
    for o in outcomes:
        table.add_row(o.fault, o.expected, o.seen, "yes" if o.held else "NO")
    Console(width=200, markup=False, highlight=False).print(table)
