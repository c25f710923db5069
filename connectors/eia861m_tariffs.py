"""US electricity prices by state, from EIA's Form 861M workbook: every state, monthly, no key.

The layout has moved before: columns are found by their three header rows, and each row's own price
must equal revenue over sales, else the row is not trusted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from connectors import us_retail
from connectors.ask import Ask, Known, connector
from connectors.drift import Rows, told
from connectors.errors import SchemaDrift
from connectors.in_turn import in_turn
from connectors.records import Partition, Tariff, schema_of
from connectors.tariff_rows import number
from connectors.us_retail import Ledger, Month
from connectors.xlsx import sheet_rows

PATH = "/electricity/data/eia861m/xls/sales_revenue.xlsx"
SHEET = "Monthly-States"
SECTORS = {"COMMERCIAL": us_retail.COMMERCIAL, "INDUSTRIAL": us_retail.INDUSTRIAL}
MEASURES = {"revenue": "Thousand Dollars", "sales": "Megawatthours", "price": "Cents/kWh"}
HEADER_ROWS = 12  # the headers stand in the first three; some leave room for a title
THOUSAND = Decimal(1000)
FIRST_YEAR = 2020  # the sheet starts in 1990


class Columns(NamedTuple):
    """Column letters of one sector's block."""

    revenue: str
    sales: str
    price: str


class Layout(NamedTuple):
    """Where the fields stand."""

    year: str
    month: str
    state: str
    sectors: dict[str, Columns]


@connector(
    "eia861m_tariffs",
    record=Tariff,
    setting="EIA861M_URL",
    url="https://www.eia.gov",
    licence=us_retail.LICENCE,
)
def eia861m_tariffs(ask: Ask, region: str) -> Iterator[Partition]:
    """Commercial price per state, twelve months' revenue over sales; low is the industrial sector."""
    url = ask.url + PATH
    known = ask.known.get((region, "retail"), Known("", ""))
    got = ask.web.download(url, ask.folder / "sales_revenue.xlsx", etag=known.etag)
    if got.unchanged:
        rows = schema_of(Tariff).empty_table()
        yield Partition(Tariff, region, "retail", rows, source_url=url, etag=got.etag, unchanged=True)
        return
    ledger = in_turn(ask, lambda: read_workbook(got.path))
    found = us_retail.tariffs(ledger.months(), source_url=url, source_version=got.etag)
    partition = Partition.of(
        Tariff,
        found,
        region=region,
        kind="retail",
        rejected=ledger.rejected,
        dropped=ledger.dropped,
        source_url=url,
        source_version=got.etag,
        as_of=max((t.price_date for t in found), default=None),
    )
    yield dataclasses.replace(partition, etag=got.etag)


def read_workbook(path: Path) -> Ledger:
    """Monthly revenue and sales of the states.

    Raises:
        SchemaDrift: the header rows are not those that this reader knows.
    """
    rows = sheet_rows(path, SHEET)
    layout = _read_header(rows)
    ledger = Ledger()
    reader = Rows(path.name, ledger.rejected)
    for row in rows:
        if not row.get(layout.year, "").isdecimal():
            ledger.dropped["note"] += 1
        elif int(row[layout.year]) < FIRST_YEAR:
            ledger.dropped["older"] += 1
        else:
            key = ".".join(told(row, column) for column in (layout.state, layout.year, layout.month))
            with reader.reading(row, key):
                _read_row(row, layout, ledger)
    reader.check()
    return ledger


def _read_row(row: Mapping[str, str], layout: Layout, ledger: Ledger) -> None:
    """File the sectors of one state and month."""
    state, year, month = row[layout.state], int(row[layout.year]), int(row[layout.month])
    for sector, column in layout.sectors.items():
        revenue, sales, cents = (number(row.get(letter)) for letter in column)
        if revenue is None or not sales or cents is None:
            ledger.dropped["no sales"] += 1
        else:
            ledger.add(Month(state, sector, year, month, revenue * THOUSAND, sales * THOUSAND), cents, row)


def _read_header(rows: Iterator[dict[str, str]]) -> Layout:
    """Find the columns by sector (merged over its block), measure and unit; stops below the header.

    Raises:
        SchemaDrift: a header word is missing; a guess would take another sector's price.
    """
    above: list[dict[str, str]] = []
    for _, row in zip(range(HEADER_ROWS), rows, strict=False):
        names = {text.casefold(): letter for letter, text in row.items()}
        if {"year", "month", "state"} <= names.keys():
            sectors = _sector_blocks(above, row)
            return Layout(names["year"], names["month"], names["state"], sectors)
        above.append(row)
    raise SchemaDrift(f"EIA-861M workbook: no row with Year, Month, State in the first {HEADER_ROWS}; {above[:2]}")


def _sector_blocks(above: list[dict[str, str]], units: dict[str, str]) -> dict[str, Columns]:
    sector_row = next((r for r in above if set(SECTORS) <= {t.upper() for t in r.values()}), None)
    measure_row = next((r for r in above if "revenue" in {t.casefold() for t in r.values()}), None)
    if sector_row is None or measure_row is None:
        raise SchemaDrift(f"EIA-861M workbook: no header rows with {', '.join(SECTORS)} and Revenue; {above}")
    starts = sorted((_column_index(letter), text.upper()) for letter, text in sector_row.items())
    blocks: dict[str, dict[str, str]] = {}
    for letter, measure in measure_row.items():
        sector = next((name for start, name in reversed(starts) if start <= _column_index(letter)), "")
        if units.get(letter, "").casefold() == MEASURES.get(measure.casefold(), "-").casefold():
            blocks.setdefault(sector, {})[measure.casefold()] = letter
    missing = [f"{s} {m}" for s in SECTORS for m in MEASURES if m not in blocks.get(s, {})]
    if missing:
        raise SchemaDrift(f"EIA-861M workbook: no column for {', '.join(missing)} in its documented unit")
    return {code: Columns(**blocks[name]) for name, code in SECTORS.items()}


def _column_index(letters: str) -> int:
    """A -> 1, Z -> 26, AA -> 27."""
    index = 0
    for letter in letters:
        index = index * 26 + ord(letter) - ord("A") + 1
    return index
