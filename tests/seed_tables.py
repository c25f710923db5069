"""Read the reference tables of sql/seeds as rows of text."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

SEEDS = Path(__file__).parents[1] / "sql" / "seeds"

Row = dict[str, str]


@cache
def rows(table: str) -> tuple[Row, ...]:
    """Give the rows of a reference table, in the order of the file."""
    with (SEEDS / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file, strict=True))


@cache
def columns(table: str) -> tuple[str, ...]:
    """Give the header of a reference table."""
    with (SEEDS / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        return tuple(next(csv.reader(file, strict=True)))


def ids(table: str, column: str) -> set[str]:
    """Give the distinct, non-empty values of a column."""
    return {row[column] for row in rows(table)} - {""}


@cache
def facts(table: str) -> dict[tuple[str, str], float]:
    """Give the value of each (key, attribute) of a long fact table such as `accelerator_fact`."""
    key = table.removesuffix("_fact")
    return {(row[key], row["attribute"]): float(row["value"]) for row in rows(table)}


@cache
def intervals(table: str) -> dict[tuple[str, str], tuple[float, float]]:
    """Give (low, high) of each (key, attribute) of a long fact table."""
    key = table.removesuffix("_fact")
    return {(row[key], row["attribute"]): (float(row["low"]), float(row["high"])) for row in rows(table)}
