"""DuckDB as a reader of big files: text in, typed and judged Arrow rows out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import duckdb
import pyarrow as pa

from connectors.errors import SchemaDrift
from connectors.records import REJECTED, Record, schema_of

MEMORY_LIMIT = "300MB"  # for a file of any size: it streams and spills
# Exact decimal division, halves rounded up; DuckDB divides decimals as doubles.
SPREAD = """
create macro spread(amount, parts) as cast(cast(
    (cast(cast(amount as decimal(18, 10)) * 10000000000 as hugeint) * 2 + parts) // (2 * parts)
    as decimal(28, 0)) * cast('0.0000000001' as decimal(10, 10)) as decimal(18, 10))
"""


def literal(text: str) -> str:
    """`text` as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def literals(texts: Iterable[str]) -> str:
    """`texts` as the inside of an SQL list."""
    return ", ".join(literal(t) for t in texts)


def name(column: str) -> str:
    """`column` as an SQL identifier."""
    return '"' + column.replace('"', '""') + '"'


def reader(folder: Path) -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that reads big files in little memory and asks nobody."""
    con = duckdb.connect(
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": 2,
            "temp_directory": str(folder / "spill"),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
        }
    )
    con.execute(SPREAD)
    return con


def read(con: duckdb.DuckDBPyConnection, sql: str, source: str) -> None:
    """Execute SQL that scans a file of a source.

    Raises:
        SchemaDrift: the file is no table of the announced columns.
    """
    try:
        con.execute(sql)
    except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
        raise SchemaDrift(f"{source}: cannot be read as announced: {str(error).splitlines()[0]}") from error


def judged(
    con: duckdb.DuckDBPyConnection, record: type[Record], candidates: str, constants: Mapping[str, object]
) -> tuple[pa.Table, pa.Table]:
    """Split candidate rows into good ones and rejected ones.

    Args:
        candidates: table with the varying columns of `record` and ``problem`` (NULL = readable);
            two different rows for one key are both rejected as ``conflict``: none is picked.
        constants: the columns of `record` that are the same on all rows.

    Returns:
        Rows in ``schema_of(record)`` ordered by key, and rejected rows in ``REJECTED``.
    """
    keys = ", ".join(k for k in record.KEY if k not in constants)
    required = [f.name for f in schema_of(record) if not f.nullable and f.name not in constants]
    con.execute(f"""
        create or replace temp table judged as
        with candidate as (
            select distinct * replace (coalesce(problem,
                case when {" or ".join(f"{r} is null" for r in required)} then 'required field is missing' end
            ) as problem)
            from {candidates}
        )
        select * exclude (problem), coalesce(problem, case
            when count(*) filter (problem is null) over (partition by {keys}) > 1 then 'conflict'
        end) as verdict
        from candidate
    """)
    good = con.sql(f"select * exclude (verdict) from judged where verdict is null order by {keys}")
    bad = con.sql(f"""
        select concat_ws('/', {keys}) as key, verdict as reason, to_json(judged)::varchar as row
        from judged where verdict is not null order by all
    """)
    return table_of(record, good.to_arrow_table(), constants), bad.to_arrow_table().cast(REJECTED)


def table_of(record: type[Record], rows: pa.Table, constants: Mapping[str, object]) -> pa.Table:
    """`rows` completed by `constants`, in the order and types of ``schema_of(record)``."""
    schema = schema_of(record)
    columns = {n: rows.column(n) for n in rows.column_names}
    for column, value in constants.items():
        if column in schema.names:
            columns[column] = pa.repeat(pa.scalar(value, schema.field(column).type), rows.num_rows)
    return pa.table([columns[n] for n in schema.names], names=schema.names).cast(schema)
