"""Publish the marts into a Postgres: one transaction, then readers see the new night whole.

The night is written to a schema aside, which takes the place of the old one at the end. Old tables are locked
all at once or not at all, so a reader is never in a deadlock and never reads two nights in one transaction:
one that has read a table holds the swap up until it ends. Rows are copied frozen: a transaction that began
before the swap, and reads only after it, finds the new night instead of empty tables.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import duckdb

from connectors.errors import CostwattError
from flows.feeds import feeds
from flows.warehouse import connect

SCHEMA, NEXT, READER = "costwatt", "costwatt_next", "costwatt_reader"
HINT = "check PUBLISH_POSTGRES; Postgres keeps the night before"
CONNECT_S, SWAP_S, RETRY_S = 10.0, 300.0, 0.05
NULL = "\\N"
TYPES = {
    "BIGINT": "bigint",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "double precision",
    "HUGEINT": "numeric(38)",
    "INTEGER": "integer",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
    "VARCHAR": "text",
}


@dataclass(frozen=True)
class Table:
    """A mart: its comment, and per column name, Postgres type and comment."""

    name: str
    comment: str
    columns: tuple[tuple[str, str, str], ...]


def publish_postgres(database: Path, url: str) -> None:
    """Replace the schema ``costwatt`` of the Postgres at `url` by the marts of `database`.

    The role ``costwatt_reader`` may read them; grant it to who should. Whatever goes wrong, the
    old schema stays as it was.

    Raises:
        CostwattError: the server cannot be reached, refuses, or its readers never let the swap in.
    """
    try:
        asyncio.run(_publish(database, url))
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise CostwattError(f"Postgres: {_without_secret(error, url)}; {HINT}") from None
    except (ValueError, OverflowError):  # its text may hold a piece of the password
        raise CostwattError(f"Postgres: the address is none; percent-encode / # ? @ in its password; {HINT}") from None


async def _publish(database: Path, url: str) -> None:
    postgres = await asyncpg.connect(url, timeout=CONNECT_S, server_settings={"application_name": "costwatt"})
    try:
        async with postgres.transaction():
            await postgres.execute(f"create schema {NEXT}")
            with connect(database, read_only=True) as con, tempfile.TemporaryDirectory() as folder:
                for table in _tables(con):
                    await _copy(postgres, con, table, Path(folder) / "rows.csv")
            await _grant(postgres)
            await _swap(postgres)
    finally:
        await postgres.close()


def _tables(con: duckdb.DuckDBPyConnection) -> Iterator[Table]:
    columns = con.execute(
        "select table_name, column_name, data_type, coalesce(comment, '') from duckdb_columns()"
        " where schema_name = 'main' and not internal order by table_name, column_index"
    ).fetchall()
    for name, comment in feeds(con):
        typed = tuple((c, _type(f"{name}.{c}", kind), told) for table, c, kind, told in columns if table == name)
        yield Table(name, comment, typed)


def _type(column: str, kind: str) -> str:
    decimal = re.fullmatch(r"DECIMAL(\(\d+,\d+\))", kind)
    if decimal:
        return f"numeric{decimal[1]}"
    if kind not in TYPES:
        raise CostwattError(
            f"column {column} has type {kind}, for which no Postgres type is named in flows/postgres.py"
        )
    return TYPES[kind]


async def _copy(postgres: Any, con: duckdb.DuckDBPyConnection, table: Table, file: Path) -> None:
    target = f'{NEXT}."{table.name}"'
    columns = ", ".join(f'"{column}" {kind}' for column, kind, _ in table.columns)
    await postgres.execute(f"create table {target} ({columns})")
    con.execute(f"copy \"{table.name}\" to '{file}' (format csv, header false, nullstr '{NULL}')")
    await postgres.copy_to_table(table.name, schema_name=NEXT, source=file, format="csv", null=NULL, freeze=True)
    await postgres.execute(f"comment on table {target} is {_literal(table.comment)}")
    for column, _, comment in table.columns:
        await postgres.execute(f'comment on column {target}."{column}" is {_literal(comment)}')


async def _grant(postgres: Any) -> None:
    if not await postgres.fetchval("select true from pg_roles where rolname = $1", READER):
        await postgres.execute(f"create role {READER} nologin")
    await postgres.execute(f"grant usage on schema {NEXT} to {READER}")
    await postgres.execute(f"grant select on all tables in schema {NEXT} to {READER}")


async def _swap(postgres: Any) -> None:
    """Take the old schema's place as soon as no reader holds one of its tables."""
    names = await postgres.fetch("select tablename from pg_tables where schemaname = $1 order by 1", SCHEMA)
    old = ", ".join(f'{SCHEMA}."{row[0]}"' for row in names)
    deadline = time.monotonic() + SWAP_S
    while old and not await _locked(postgres, old):
        if time.monotonic() > deadline:
            raise CostwattError(f"Postgres: readers held the tables of schema {SCHEMA} for {SWAP_S:.0f} s; {HINT}")
        await asyncio.sleep(RETRY_S)
    # without cascade: a view of someone else's on these tables is never dropped in passing
    if old:
        await postgres.execute(f"drop table {old}")
    await postgres.execute(f"drop schema if exists {SCHEMA}")
    await postgres.execute(f"alter schema {NEXT} rename to {SCHEMA}")


async def _locked(postgres: Any, tables: str) -> bool:
    """Lock all tables, or none of them where one is in use: waiting with some in hand could deadlock a reader."""
    try:
        async with postgres.transaction():
            await postgres.execute(f"lock table {tables} in access exclusive mode nowait")
    except asyncpg.LockNotAvailableError:
        return False
    return True


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _without_secret(error: Exception, url: str) -> str:
    told = " ".join(str(error).split()) or type(error).__name__
    return told.replace(url, "the address")
