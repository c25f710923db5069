"""JEPX's file of a fiscal year in Shift-JIS, only with a Referer; Tokyo 11.20 and Kansai 9.10 JPY/kWh (invented)."""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import cache

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/js/csv_read.php"
FILE = re.compile(r"spot_summary_(\d{4})\.csv")
AREAS = ("北海道", "東北", "東京", "中部", "北陸", "関西", "中国", "四国", "九州")
PRICES = ("10.10", "10.10", "11.20", "9.40", "9.40", "9.10", "9.10", "9.10", "8.70")
HEADER = ",".join(
    ["受渡日", "時刻コード", "売り入札量(kWh)", "買い入札量(kWh)", "約定総量(kWh)", "システムプライス(円/kWh)"]
    + [f"エリアプライス{area}(円/kWh)" for area in AREAS]
)


def fake() -> Fake:
    return Fake("jepx", _answer, {"COSTWATT_JEPX_URL": ""})


def _answer(request: Request) -> Reply:
    found = FILE.fullmatch(request.first("file"))
    if request.path != PATH or found is None or request.first("dir") != "spot_summary":
        return NOT_FOUND
    if "referer" not in request.headers:
        return Reply(b"", content_type="text/csv")
    return Reply(year(int(found[1])), content_type="text/csv")


@cache
def year(fiscal_year: int) -> bytes:
    """1 April to 31 March, 48 half-hours a day."""
    first = date(fiscal_year, 4, 1)
    days = (date(fiscal_year + 1, 4, 1) - first).days
    tail = ",10000000,9000000,8000000,9.50," + ",".join(PRICES)
    lines = [f"{first + timedelta(days=n):%Y/%m/%d},{code}{tail}" for n in range(days) for code in range(1, 49)]
    return "\r\n".join([HEADER, *lines, ""]).encode("shift_jis")
