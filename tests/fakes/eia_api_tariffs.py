"""EIA's API v2, route retail-sales: a key in a header or the address, text numbers, pages, regions among states.

Prices are those of the workbook's fake: both carry the figures of Form 861M.
"""

from __future__ import annotations

from typing import Any

from tests.fakes import eia861m_tariffs as workbook
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/v2/electricity/retail-sales/data/"
KEY = "a-key"
MAX_ROWS = 5000


def fake(max_rows: int = MAX_ROWS) -> Fake:
    return Fake("eia-api", lambda request: _answer(request, max_rows), {"COSTWATT_EIA_API_URL": ""})


def _answer(request: Request, max_rows: int) -> Reply:
    if request.path != PATH:
        return NOT_FOUND
    if (request.headers.get("x-api-key") or request.first("api_key")) != KEY:
        error = {"code": "API_KEY_MISSING", "message": "No api_key was supplied."}
        return Reply.of_json({"error": error}, 403)
    rows = [r for r in world() if r["period"] >= request.first("start")]
    offset, length = int(request.first("offset", "0")), min(int(request.first("length", "5000")), max_rows)
    warnings = [{"warning": "incomplete return"}] if len(rows) > length else None
    data = rows[offset : offset + length]
    return Reply.of_json({"response": {"total": str(len(rows)), "frequency": "monthly", "data": data},
                          "warnings": warnings, "apiVersion": "2.1.10"})  # fmt: skip


def world() -> list[dict[str, Any]]:
    prices = [*workbook.prices(), workbook.StatePrice("NEW", 20.0, 15.0), workbook.StatePrice("US", 13.92, 8.13)]
    return [
        row(price.state, sector, f"{year}-{month:02}", cents * season, sales_gwh)
        for year, month in workbook.months()
        for season in [workbook.SUMMER_FACTOR if month in workbook.SUMMER else 1.0]
        for price in prices
        for sector, cents, sales_gwh in (("COM", price.commercial, 4000.0), ("IND", price.industrial, 1500.0))
    ]


def row(state: str, sector: str, period: str, cents: float, sales_gwh: float) -> dict[str, Any]:
    return {
        "period": period, "stateid": state, "sectorid": sector,
        "price": f"{cents:.2f}", "sales": f"{sales_gwh:.5f}", "revenue": f"{cents * sales_gwh / 100:.5f}",
        "price-units": "cents per kilowatt-hour", "sales-units": "million kilowatt hours",
        "revenue-units": "million dollars",
    }  # fmt: skip
