"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from flows.quantities import number, whole
from flows.render import Format

Form = Annotated[Format, typer.Option("--format", help="How to print.")]
Currency = Annotated[str, typer.Option(help="Currency of the amounts, e.g. EUR.")]


def number_option(name: str, low: float, high: float, unit: str, shown: str, meaning: str) -> Any:
    """An option that takes a number in [low, high], see :func:`flows.quantities.number`.

    Args:
        name: as typed.
        low: least value that makes sense, in `unit`.
        high: largest value that makes sense.
        unit: unit of the number.
        shown: stands for the number in ``--help``.
        meaning: its line there.
    """
    return typer.Option(name, parser=number(name, low, high, unit), metavar=shown, help=meaning)


def whole_option(name: str, low: int, high: int, unit: str, shown: str, meaning: str) -> Any:
    """An option that takes a whole number in [low, high]; as :func:`number_option`."""
    return typer.Option(name, parser=whole(name, low, high, unit), metavar=shown, help=meaning)
