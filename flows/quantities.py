"""Numbers as people type them: ``250000``, ``1.5M``, ``70B``; what cannot be meant is refused in one line."""

from __future__ import annotations

import math
from collections.abc import Callable
from difflib import get_close_matches
from typing import Final

from connectors.errors import UsageError

SUFFIXES: Final = {"k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12}


def number(name: str, low: float, high: float, unit: str) -> Callable[[object], float]:
    """Make a parser of numbers in [low, high].

    Args:
        name: option as typed, for the message.
        low: least value that makes sense.
        high: largest value that makes sense.
        unit: unit of all three.

    Returns:
        A function from text to a number; it raises UsageError for anything else, NaN included.
    """

    def parse(text: object) -> float:
        value = _value(str(text))
        if not low <= value <= high:
            raise UsageError(f"{name} {text}: expected a number from {low:g} to {high:g} [{unit}]")
        return value

    return parse


def whole(name: str, low: int, high: int, unit: str) -> Callable[[object], int]:
    """Make a parser of whole numbers in [low, high]; as :func:`number`."""

    def parse(text: object) -> int:
        value = _value(str(text))
        if not (low <= value <= high and value.is_integer()):
            raise UsageError(f"{name} {text}: expected a whole number from {low:,} to {high:,} [{unit}]")
        return int(value)

    return parse


def one_of(name: str, given: str, known: list[str], where: str) -> str:
    """Return `given` if it is known.

    Args:
        name: option as typed, for the message.
        given: what was typed.
        known: every name there is.
        where: how to list them.

    Raises:
        UsageError: it is not; lists the near names.
    """
    if given in known:
        return given
    near = get_close_matches(given.lower(), known, n=5, cutoff=0.4)
    hint = f"near names: {', '.join(near)}; all: " if near else "all names: "
    raise UsageError(f"{name} {given}: not known; {hint}{where}")


def _value(text: str) -> float:
    """The number in a text, NaN where there is none."""
    plain = text.strip().replace("_", "").replace(",", "").lower()
    factor = SUFFIXES.get(plain[-1:], 1.0)
    try:
        return float(plain[:-1] if factor > 1.0 else plain) * factor
    except ValueError:
        return math.nan
