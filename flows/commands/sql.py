"""``costwatt sql``: read-only SQL on the published warehouse."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import Form
from flows.export_query import export_rows
from flows.progress import say
from flows.published import open_published, run_sql
from flows.render import Format, emit
from flows.settings import load_settings


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
    with open_published(load_settings().paths) as con:
        names, rows = run_sql(con, statement)
    if output is None:
        emit(names, rows, form)
        return
    export_rows(output, names, rows)
    say(f"{output}: {len(rows)} rows")
