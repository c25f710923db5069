"""What every feed of a night carries: all marts but those that only repeat another one."""

from __future__ import annotations

import duckdb

# cost_history once more for each day of its life: a year of it would be hundreds of nights
REPEATING = ("cost_by_day",)
MARTS = f"""
select table_name, coalesce(comment, '') from duckdb_tables() where schema_name = 'main'
union all
select view_name, coalesce(comment, '') from duckdb_views()
where schema_name = 'main' and not internal and view_name not in {(*REPEATING, "")}
order by 1
"""


def feeds(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Name and comment of each table and view of a published file that goes into Parquet and Postgres."""
    return con.execute(MARTS).fetchall()
