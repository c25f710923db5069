"""What a person gave in ``costwatt.toml``, as tables of schema ``landing``: it wins over the reference tables."""

from __future__ import annotations

import csv
from typing import Any

import duckdb
import pyarrow as pa

from connectors.errors import UsageError
from flows.dbt import seed
from flows.settings import Settings

TEXT, NUMBER = pa.string(), pa.float64()
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "given_scenario": {"scenario": TEXT, "attribute": TEXT, "value": TEXT},
    "given_assumption": {"assumption": TEXT, "value": NUMBER, "low": NUMBER, "high": NUMBER},
    "given_discount": {"provider": TEXT, "purchase_option": TEXT, "sku": TEXT, "discount_ratio": NUMBER},
    "given_measured": {
        "model": TEXT,
        "accelerator": TEXT,
        "precision": TEXT,
        "accelerators": NUMBER,
        "input_tokens": NUMBER,
        "output_tokens": NUMBER,
        "output_tok_s": NUMBER,
        "itl_ms": NUMBER,
        "group_w": NUMBER,
    },
}
# (settings table, field) -> reference table and column whose names it may take
NAMES = {
    ("scenarios", "model"): ("model", "model"),
    ("scenarios", "demand_profile"): ("demand_profile", "profile"),
    ("measured", "model"): ("model", "model"),
    ("measured", "accelerator"): ("accelerator", "accelerator"),
}


def load_given(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the user's scenarios, assumptions, discounts and measurements into ``landing.given_*``."""
    for name, rows in _rows(settings).items():
        con.register("given", pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS[name].items()))))
        con.execute(f"create or replace table landing.{name} as select * from given")
        con.unregister("given")


def _rows(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    return {
        "given_scenario": [
            {"scenario": name, "attribute": attribute, "value": _text(value)}
            for name, scenario in settings.scenarios.items()
            for attribute, value in scenario.model_dump().items()
            if value is not None
        ],
        "given_assumption": [
            {"assumption": name, "value": r.value, "low": _or(r.low, r.value), "high": _or(r.high, r.value)}
            for name, r in settings.assumptions.items()
        ],
        "given_discount": [d.model_dump() for d in settings.discount],
        "given_measured": [m.model_dump() for m in settings.measured],
    }


def check_names(settings: Settings) -> None:
    """Refuse names that no reference table has, before a night is spent on them.

    Raises:
        UsageError: which name, where it stands, and what would be right.
    """
    for (table, field), (reference, column) in NAMES.items():
        entries = getattr(settings, table)
        named = entries.items() if isinstance(entries, dict) else enumerate(entries, 1)
        asked = {getattr(entry, field): f"[{table}.{key}] {field}" for key, entry in named}
        if not asked:
            continue
        with seed(reference).open(newline="") as file:
            known = {row[column] for row in csv.DictReader(file)}
        wrong = next((n for n in asked if n not in known), None)
        if wrong is not None:
            raise UsageError(f"costwatt.toml, {asked[wrong]} = {wrong!r}: not known; one of {', '.join(sorted(known))}")


def _or(given: float | None, value: float) -> float:
    return value if given is None else given


def _text(value: object) -> str:
    if isinstance(value, list):
        return ";".join(str(v) for v in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
