"""JSON-stat 2.0: a cube as one flat, sparse list of values (json-stat.org/full).

The last dimension varies fastest; a cell that is missing is simply not there, and a reader that
counts along would shift every price behind it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from connectors.errors import SchemaDrift
from connectors.tariff_rows import number


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its category in every dimension, its value and its status flags."""

    place: Mapping[str, str]
    value: Decimal | None
    status: str


def cells(document: Mapping[str, Any]) -> Iterator[Cell]:
    """All cells that have a value or a status, in order of their index.

    Raises:
        SchemaDrift: no JSON-stat dataset, or indices beyond its size.
    """
    if document.get("class") != "dataset" or len(document["id"]) != len(document["size"]):
        raise SchemaDrift(f"expected a JSON-stat dataset, got {str(document)[:120]}")
    sizes = [int(n) for n in document["size"]]
    names = [_categories(document["dimension"][dimension]) for dimension in document["id"]]
    values, flags = _by_index(document["value"]), _by_index(document.get("status", {}))
    for index in sorted(values.keys() | flags.keys()):
        if not 0 <= index < math.prod(sizes):
            raise SchemaDrift(f"JSON-stat index {index} lies beyond the size {sizes}")
        place = {}
        rest = index
        for dimension, size, category in reversed(list(zip(document["id"], sizes, names, strict=True))):
            rest, position = divmod(rest, size)
            place[dimension] = category[position]
        yield Cell(place, number(values.get(index)), str(flags.get(index, "")))


def _categories(dimension: Mapping[str, Any]) -> dict[int, str]:
    """Position -> category code; the index may be an object or a plain list."""
    index = dimension["category"]["index"]
    listed = enumerate(index) if isinstance(index, list) else ((position, code) for code, position in index.items())
    return dict(listed)


def _by_index(values: Mapping[str, Any] | list[Any]) -> dict[int, Any]:
    listed = enumerate(values) if isinstance(values, list) else ((int(k), v) for k, v in values.items())
    return {index: value for index, value in listed if value is not None}
