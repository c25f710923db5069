"""EIA's Form 861M workbook: an .xlsx with three header rows, shared strings and footnotes.

Prices: tests/fixtures/eia861m_tariffs.csv, cents/kWh, industrial 2024 and commercial 2025-07 as EIA
published them; where no commercial price was recorded, half more than the industrial one. Every
month of the world repeats them, a summer month 8 % dearer.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/electricity/data/eia861m/xls/sales_revenue.xlsx"
PRICES = Path(__file__).parents[1] / "fixtures" / "eia861m_tariffs.csv"
LAST_YEAR, LAST_MONTH, MONTHS = 2026, 8, 36
SUMMER, SUMMER_FACTOR = (6, 7, 8, 9), 1.08
COMMERCIAL_MWH, INDUSTRIAL_MWH = 4_000_000, 1_500_000

SECTORS = ("RESIDENTIAL", "COMMERCIAL", "INDUSTRIAL", "TRANSPORTATION", "TOTAL")
HEADER: list[list[object]] = [
    ["", "", "", "", *(c for s in SECTORS for c in (s, "", "", ""))],
    ["", "", "", "", *(["Revenue", "Sales", "Customers", "Price"] * len(SECTORS))],
    ["Year", "Month", "State", "Data Status", *(["Thousand Dollars", "Megawatthours", "Count", "Cents/kWh"] * 5)],
]
NOTES: list[list[object]] = [["Note: 2026 figures are preliminary."]]


@dataclass(frozen=True)
class StatePrice:
    state: str
    commercial: float
    industrial: float


def fake() -> Fake:
    return Fake("eia861m", _answer, {"COSTWATT_EIA861M_URL": ""})


def _answer(request: Request) -> Reply:
    return Reply(world()) if request.path == PATH else NOT_FOUND


@cache
def world() -> bytes:
    return workbook([*HEADER, *(row(p, y, m) for y, m in months() for p in prices()), *NOTES])


def prices() -> list[StatePrice]:
    with PRICES.open() as file:
        return [
            StatePrice(r["state"], float(r["commercial_cents_per_kwh"] or 1.5 * float(r["industrial_cents_per_kwh"])),
                       float(r["industrial_cents_per_kwh"]))
            for r in csv.DictReader(file)
        ]  # fmt: skip


def months() -> list[tuple[int, int]]:
    """Year and month, the latest first, as in the workbook."""
    last = LAST_YEAR * 12 + LAST_MONTH - 1
    return [(n // 12, n % 12 + 1) for n in range(last, last - MONTHS, -1)]


def row(price: StatePrice, year: int, month: int) -> list[object]:
    """One line of the sheet; transportation sells nothing, which EIA writes as a dot."""
    season = SUMMER_FACTOR if month in SUMMER else 1.0
    status = "Preliminary" if year == LAST_YEAR else "Final"
    commercial = block(price.commercial * season, COMMERCIAL_MWH)
    industrial = block(price.industrial * season, INDUSTRIAL_MWH)
    residential = block(15.5 * season, 3_000_000)
    return [year, month, price.state, status, *residential, *commercial, *industrial, 0, 0, 0, ".", 1, 1, 1, 100.0]


def block(cents_per_kwh: float, sales_mwh: int) -> list[object]:
    """Revenue [thousand USD], sales [MWh], customers, price [cents/kWh]."""
    return [round(cents_per_kwh * sales_mwh / 100, 5), sales_mwh, 1000, round(cents_per_kwh, 2)]


def workbook(rows: Iterable[Sequence[object]], sheet: str = "Monthly-States") -> bytes:
    """An .xlsx as spreadsheet programs write it: strings shared, the second sheet a dummy."""
    strings: dict[str, int] = {}
    body = "".join(_row_xml(n, cells, strings) for n, cells in enumerate(rows, start=1))
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    parts = {
        "xl/workbook.xml": f'<workbook {main} xmlns:r="{office}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="rId1"/>'
        '<sheet name="Monthly-Ter" sheetId="2" r:id="rId2"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": "<Relationships "
        'xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="rId2" Type="{office}/worksheet" Target="/xl/worksheets/sheet2.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet {main}><sheetData>{body}</sheetData></worksheet>",
        "xl/worksheets/sheet2.xml": f"<worksheet {main}><sheetData/></worksheet>",
        "xl/sharedStrings.xml": f"<sst {main}>" + "".join(f"<si><t>{escape(s)}</t></si>" for s in strings) + "</sst>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as book:
        for name, text in parts.items():
            book.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return buffer.getvalue()


def _row_xml(number: int, cells: Sequence[object], strings: dict[str, int]) -> str:
    written = (_cell_xml(f"{chr(ord('A') + i)}{number}", c, strings) for i, c in enumerate(cells) if c != "")
    return f'<row r="{number}">{"".join(written)}</row>'


def _cell_xml(place: str, value: object, strings: dict[str, int]) -> str:
    if isinstance(value, str):
        return f'<c r="{place}" t="s"><v>{strings.setdefault(value, len(strings))}</v></c>'
    return f'<c r="{place}"><v>{value}</v></c>'
