"""Answers in an unexpected shape are one kind of error, whatever the parser stumbled over; a single row is its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from connectors.errors import SchemaDrift
from connectors.records import Rejected

# What reading a field raises where it is missing, null, of another type, or no number.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


@contextmanager
def reading(url: str) -> Iterator[None]:
    """Turn what a parser raises on unexpected input into one line that names the address.

    Raises:
        SchemaDrift: a field is missing, or holds something else than documented.
    """
    try:
        yield
    except UNREADABLE as error:
        raise SchemaDrift(f"{url}: not in the documented shape: {type(error).__name__} {error}") from error


@dataclass
class Rows:
    """The rows of one answer, read one by one: one that cannot be read goes to quarantine, the others stay.

    Args:
        url: address of the answer.
        rejected: the quarantine of the partition that the rows are for; another reader's, where it has several.
    """

    url: str
    rejected: list[Rejected] = field(default_factory=list)
    readable: int = 0
    problem: str = ""

    @contextmanager
    def reading(self, row: object, key: str) -> Iterator[None]:
        """Read one row; `key` is what it says of itself, see :func:`told`."""
        try:
            yield
        except UNREADABLE as error:
            self.problem = f"unreadable: {error!r}"
            self.rejected.append(Rejected.of(key, self.problem, row))
        else:
            self.readable += 1

    def check(self) -> None:
        """Call it after the last row.

        Raises:
            SchemaDrift: not one row was readable: that is another shape, not a slip in it.
        """
        if self.problem and not self.readable:
            raise SchemaDrift(f"{self.url}: not in the documented shape, no row is readable: {self.problem:.200}")


def told(row: object, *path: str) -> str:
    """What a row says under a path of keys, however malformed it is; "" where it says nothing."""
    for key in path:
        row = row.get(key) if isinstance(row, Mapping) else None
    return "" if row is None else str(row)


def text(value: object) -> str:
    """`value`, if it is a text.

    Raises:
        TypeError: null, a number, or whatever else stands in its place.
    """
    if not isinstance(value, str):
        raise TypeError(f"a text expected, got {value!r:.80}")
    return value


def as_object(item: object) -> Mapping[str, Any]:
    """An item of a list of objects; what is none becomes one without any of the fields asked for."""
    return item if isinstance(item, Mapping) else {"not an object": item}
