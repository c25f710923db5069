"""One query's rows as a file: CSV, Excel or Parquet, by the name's ending."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.errors import UsageError

Rows = Sequence[Sequence[Any]]
EXCEL_ROWS = 1_048_576
DATE_FORMAT, TIME_FORMAT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"


def export_rows(path: Path, names: Sequence[str], rows: Rows) -> None:
    """Write rows to `path`, whose ending says how: .csv, .xlsx or .parquet.

    Raises:
        UsageError: another ending, more rows than a sheet holds, or a folder that cannot be written.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise UsageError(f"--output {path}: ends in none of {', '.join(WRITERS)}")
    try:
        write(path, names, rows)
    except OSError as error:
        raise UsageError(f"--output {path}: cannot be written ({error.strerror})") from None


def _csv(path: Path, names: Sequence[str], rows: Rows) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)


def _xlsx(path: Path, names: Sequence[str], rows: Rows) -> None:
    import xlsxwriter  # noqa: PLC0415  only an export to Excel pays for it

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


def _cell(value: Any) -> Any:
    """What Excel can hold: numbers as floats, times without zone (all are UTC), nested values as text."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return str(value) if isinstance(value, list | dict) else value


def _parquet(path: Path, names: Sequence[str], rows: Rows) -> None:
    import pyarrow as pa  # noqa: PLC0415  costs 0.3 s to import
    import pyarrow.parquet as pq  # noqa: PLC0415

    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    pq.write_table(pa.table([pa.array(column) for column in columns], names=list(names)), path)


WRITERS: dict[str, Callable[[Path, Sequence[str], Rows], None]] = {".csv": _csv, ".xlsx": _xlsx, ".parquet": _parquet}
