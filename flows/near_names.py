"""What a misspelt name may have meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(name: str, known: Iterable[str]) -> str:
    """The names most like a name, whatever its case, to go on with in a line; "" where none is like it."""
    spelt = {one.lower(): one for one in sorted({*known})}
    alike = [spelt[one] for one in get_close_matches(name.lower(), spelt, n=3)]
    return f"; near names: {', '.join(alike)}" if alike else ""
