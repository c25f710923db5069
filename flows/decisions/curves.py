"""How a cost moves: with each uncertain figure, and with the number of requests."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from costmodel import break_even, sensitivity
from flows.cost_joins import Tables
from flows.decisions.shortlist import keyed, shortlisted
from flows.model_tables import assumption_table


def sensitivity_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Cost of each shortlisted option with one figure at its P5 and at its P95.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of shortlist, demand_profile and assumption.

    Returns:
        One row per (scenario, kind, figure that moves the cost): low_usd_per_day and high_usd_per_day, at the
        figure's low and high.
    """
    rows, columns = shortlisted(con, tables)
    return keyed(rows, sensitivity.sensitivity(columns, assumption_table(con, tables)))


def scale_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Cost of each shortlisted option at a thousand to a billion requests a day.

    Args:
        con: connection that sees all `tables`.
        tables: as for :func:`sensitivity_rows`.

    Returns:
        One row per (scenario, kind, requests_per_day).
    """
    rows, columns = shortlisted(con, tables)
    return keyed(rows, break_even.scale_curve(columns, assumption_table(con, tables)))
