"""Reference tables and joined rows as :mod:`costmodel` takes them: arrays and dicts by name, NaN for unknown."""

from __future__ import annotations

from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from costmodel import architecture, coefficients
from costmodel.uncertainty import Assumption
from flows.cost_joins import Tables, named

Columns = dict[str, np.ndarray[Any, Any]]


def model_architectures(con: duckdb.DuckDBPyConnection, tables: Tables) -> dict[str, architecture.Architecture]:
    """Counted architectures of all models of the reference table."""
    configs: dict[str, dict[str, object]] = {}
    statement = "select model, model_type, attribute, value from {model_fact} order by all"
    for model, model_type, attribute, value in con.execute(named(tables, statement)).fetchall():
        configs.setdefault(model, {"model_type": model_type})[attribute] = value
    return {model: architecture.from_config(config) for model, config in configs.items()}


def coefficient_table(con: duckdb.DuckDBPyConnection, tables: Tables) -> coefficients.CoefficientTable:
    """Calibrated coefficients: family or stack -> attribute -> value."""
    table: dict[str, dict[str, float]] = {}
    statement = "select family, attribute, value from {serving_coefficient} order by all"
    for family, attribute, value in con.execute(named(tables, statement)).fetchall():
        table.setdefault(family, {})[attribute] = value
    return table


def assumption_table(con: duckdb.DuckDBPyConnection, tables: Tables) -> dict[str, Assumption]:
    """Assumptions by name."""
    statement = "select assumption, value, low, high, unit, source, as_of from {assumption} order by all"
    return {name: Assumption(*given) for name, *given in con.execute(named(tables, statement)).fetchall()}


def demand_profiles(con: duckdb.DuckDBPyConnection, tables: Tables) -> dict[str, np.ndarray[Any, Any]]:
    """Share of the period's requests by hour, by profile: shape (24,), or (168,) where one is of a week.

    Among weeks, a day is 24 hours and NaN.
    """
    statement = "select profile, list(share_of_day order by hour) from {demand_profile} group by profile"
    shares = {p: np.array(by_hour, float) for p, by_hour in con.execute(named(tables, statement)).fetchall()}
    period = hours(shares)
    return {
        p: np.pad(by_hour / (by_hour.size / 24), (0, period - by_hour.size), constant_values=np.nan)
        for p, by_hour in shares.items()
    }


def hours(profiles: Columns) -> int:
    """Hours of the longest profile."""
    return max((shares.size for shares in profiles.values()), default=24)


def numpy_columns(table: pa.Table | pa.RecordBatch) -> Columns:
    """Numbers as float64 with NaN for unknown, text as objects."""
    return {name: _numpy(table.column(name)) for name in table.schema.names}


def _numpy(column: Any) -> np.ndarray[Any, Any]:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        column = column.cast(pa.float64())
    values: np.ndarray[Any, Any] = column.to_numpy(zero_copy_only=False)
    return values


def arrow_column(values: np.ndarray[Any, Any]) -> pa.Array:
    """An array as an Arrow column; NaN, the unknown, becomes NULL."""
    return pa.array(values.tolist(), pa.string()) if values.dtype == object else pa.array(values, from_pandas=True)
