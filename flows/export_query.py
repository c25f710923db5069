"""One query's rows as a file: CSV, Excel or Parquet, by the name's ending."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import UsageError
from flows.published import fetched
from flows.render import plain

EXCEL_ROWS = 1_048_576
DATE_FORMAT, TIME_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


def export_query(path: Path, names: Sequence[str], result: duckdb.DuckDBPyConnection) -> int:
    """Write what a query gave to `path`, whose ending says how: .csv, .xlsx or .parquet; the number of rows.

    Raises:
        UsageError: another ending, more rows than a sheet holds, a type that Parquet lacks, or a folder that cannot
            be written.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise UsageError(f"--output {path}: ends in none of {', '.join(WRITERS)}")
    try:
        return write(path, names, result)
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written ({error.strerror})") from None


def _csv(path: Path, names: Sequence[str], result: duckdb.DuckDBPyConnection) -> int:
    rows = list(fetched(result))
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
    return len(rows)


def _xlsx(path: Path, names: Sequence[str], result: duckdb.DuckDBPyConnection) -> int:
    import xlsxwriter  # noqa: PLC0415  only an export to Excel pays for it

    rows = list(fetched(result))
    if len(rows) >= EXCEL_ROWS:
        raise UsageError(f"--output {path}: {len(rows):,} rows, an Excel sheet holds {EXCEL_ROWS - 1:,}; use .parquet")
    # a text that begins with = is a text here, never a formula
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": True}
    with xlsxwriter.Workbook(path, options) as book:
        sheet, bold = book.add_worksheet("costwatt"), book.add_format({"bold": True})
        dated, timed = book.add_format({"num_format": DATE_FORMAT}), book.add_format({"num_format": TIME_FORMAT})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, names, bold)
        for at, row in enumerate(rows, start=1):
            for column, value in enumerate(row):
                style = timed if isinstance(value, datetime) else dated if isinstance(value, date) else None
                sheet.write(at, column, _cell(value), style)
        sheet.autofilter(0, 0, len(rows), len(names) - 1)
    return len(rows)


def _cell(value: Any) -> Any:
    """What Excel can hold: numbers as floats, times without zone (all are UTC), nested values as JSON."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, date):
        return value
    held = plain(value)
    return json.dumps(held, ensure_ascii=False) if isinstance(held, list | dict) else held


def _parquet(path: Path, names: Sequence[str], result: duckdb.DuckDBPyConnection) -> int:
    import pyarrow as pa  # noqa: PLC0415  costs 0.3 s to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    # the types are the query's, not those of its values: files of two days are of one schema
    table = result.to_arrow_table().rename_columns(list(names))
    try:
        pq.write_table(table, path)
    except pa.ArrowNotImplementedError as error:
        raise UsageError(f"--output {path}: cannot be Parquet ({error}); cast that column in the query") from None
    return int(table.num_rows)


Write = Callable[[Path, Sequence[str], duckdb.DuckDBPyConnection], int]
WRITERS: dict[str, Write] = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
