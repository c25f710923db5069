"""Undo what a night recorded: repeating it, or going on after a kill in the middle of it, changes nothing.

In one transaction over all of history and before dbt begins, so that no table is ever a night ahead of another, and so
that dbt may add columns to tables that nothing else changes at the same time.
"""

from __future__ import annotations

from datetime import date

import duckdb

from flows.warehouse import whole

# Tables of one row a night; the others hold versions, from valid_from until valid_to.
BY_NIGHT = {"hist_partition": "cost_date", "hist_tariff_daily": "price_date"}
TABLES = """
select table_name from duckdb_tables() where schema_name = 'history' and database_name = 'warehouse' order by 1
"""


def rewind(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Make history what it was before the night of `day`: later rows are gone, rows closed since are open again."""
    tables = [name for (name,) in con.execute(TABLES).fetchall()]
    with whole(con):
        for table in tables:
            con.execute(f"delete from history.{table} where {BY_NIGHT.get(table, 'valid_from')} >= ?", [day])
            if table not in BY_NIGHT:
                con.execute(f"update history.{table} set valid_to = null where valid_to >= ?", [day])
