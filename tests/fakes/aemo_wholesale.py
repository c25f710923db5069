"""AEMO's monthly files: five-minute rows whose stamp is the interval's end, UTC+10; below zero at noon.

Prices (invented): -35 AUD/MWh in the intervals that end after 11:00 and by 13:00, else 92.31.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = re.compile(r"/aemo/data/nem/priceanddemand/PRICE_AND_DEMAND_(\d{4})(\d{2})_(NSW1|VIC1)\.csv")
HEADER = "REGION,SETTLEMENTDATE,TOTALDEMAND,RRP,PERIODTYPE\n"
STEP = timedelta(minutes=5)


def fake() -> Fake:
    return Fake("aemo", _answer, {"COSTWATT_AEMO_URL": ""})


def _answer(request: Request) -> Reply:
    found = PATH.fullmatch(request.path)
    if found is None:
        return NOT_FOUND
    return Reply.of_text(month(int(found[1]), int(found[2]), found[3]), "text/csv")


def month(year: int, number: int, state: str) -> str:
    """From 00:05 of the first to 00:00 of the next month's first."""
    end, last = datetime(year, number, 1), datetime(year + number // 12, number % 12 + 1, 1)  # noqa: DTZ001 market time
    lines = []
    while end < last:
        end += STEP
        noon = timedelta(hours=11) < timedelta(hours=end.hour, minutes=end.minute) <= timedelta(hours=13)
        lines.append(f"{state},{end:%Y/%m/%d %H:%M:%S},7450.12,{'-35.00' if noon else '92.31'},TRADE\n")
    return HEADER + "".join(lines)
