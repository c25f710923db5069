"""``costwatt sql``: read-only SQL on the published warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Form
from flows.export_query import export_query
from flows.progress import say
from flows.published import fetched, run_sql
from flows.render import Format, emit
from flows.settings import load_settings

SHOWN_ROWS = 1000  # of a table on a terminal


def sql(
    statement: Annotated[str, typer.Argument(help="One read-only statement.")],
    form: Form = Format.table,
    output: Annotated[
        Path | None, typer.Option(help="Write a file instead: .csv, .xlsx or .parquet.", dir_okay=False)
    ] = None,
) -> None:
    """Ask the published warehouse in SQL.

    Read-only, no files, no network. `show tables` lists the tables, `describe daily_cost` its columns.
    """
    with run_sql(load_settings().paths, statement) as (names, result):
        if output is not None:
            rows = export_query(output, names, result)
            say(f"{output}: {rows} rows")
        elif form is Format.table:
            emit(names, result.fetchmany(SHOWN_ROWS), form)
            if more := sum(1 for _ in fetched(result)):
                say(f"{more:,} more rows; --format csv has them all")
        else:
            emit(names, fetched(result), form)
