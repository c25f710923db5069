"""The price sheet of Azure in China: an address to download, then CSV in yuan."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

SHEET = "/api/retail/pricesheet/download"
FILE = "/sheets/AzureRetailPrices.csv"
CSV = Path(__file__).parents[1] / "fixtures" / "azure_china.csv"


def _answer(request: Request) -> Reply:
    if request.path == SHEET:
        return Reply.of_json({"DownloadUrl": request.base + FILE, "LastRefreshedAt": "2026-11-20T00:00:00Z"})
    return Reply(CSV, content_type="text/csv") if request.path == FILE else NOT_FOUND


def fake() -> Fake:
    return Fake("azure-china", _answer, {"COSTWATT_AZURE_CHINA_URL": ""})
