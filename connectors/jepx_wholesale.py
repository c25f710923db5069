"""Japan's day-ahead prices from JEPX: one file per fiscal year, 48 half-hours a day, Shift-JIS, no key."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.ask import Ask, connector
from connectors.drift import Rows, reading, told
from connectors.errors import SchemaDrift
from connectors.records import Partition, Rejected, Tariff
from connectors.tariff_rows import PER_MWH, number
from connectors.wholesale import Market, Span, daily_partition

PATH = "/js/csv_read.php"
REFERER = {"Referer": "https://www.jepx.jp/electricpower/market-data/spot/"}  # without it: an empty page
AREAS = {"JP-TOKYO": "東京", "JP-KANSAI": "関西"}
AREA_PRICE, DAY, HALF_HOUR_CODE, UNIT = "エリアプライス", "受渡日", "時刻コード", "円/kWh"
CLOCK = ZoneInfo("Asia/Tokyo")
HALF_HOUR = timedelta(minutes=30)
FISCAL_YEAR_MONTH = 4
LICENCE = "JEPX, free viewing; single daily means cited"


@connector("jepx_wholesale", record=Tariff, setting="JEPX_URL", url="https://www.jepx.jp", licence=LICENCE)
def jepx_wholesale(ask: Ask, region: str) -> Iterator[Partition]:
    """Means of yesterday and of today per area, JPY per kWh."""
    del region  # one file holds all areas
    days = [ask.day - timedelta(days=1), ask.day]
    spans: dict[str, list[Span]] = {zone: [] for zone in AREAS}
    unreadable: list[Rejected] = []  # of every zone: a row holds them all
    url = ask.url + PATH
    for year in sorted({fiscal_year(d) for d in days}):
        name = f"spot_summary_{year}.csv"
        answer = ask.web.get(url, params={"dir": "spot_summary", "file": name}, headers=REFERER)
        ask.keep(name, answer)
        with reading(f"{url}?{name}"):
            for zone, found in read_year(answer.body, min(days), Rows(f"{url}?{name}", unreadable)).items():
                spans[zone] += found
    for zone, found in spans.items():
        market = Market(zone, CLOCK, "JPY", "day_ahead", url, LICENCE)
        yield daily_partition(market, found, days, region=zone, unreadable=unreadable)


def fiscal_year(day: date) -> int:
    """The year that a file is named after: it starts on 1 April."""
    return day.year if day.month >= FISCAL_YEAR_MONTH else day.year - 1


def read_year(body: bytes, first: date, rows: Rows) -> dict[str, list[Span]]:
    """Half-hours from `first` on, per zone; prices per kWh become prices per MWh, as all wholesale.

    What cannot be read is left to `rows`.

    Raises:
        SchemaDrift: another encoding, or a column is missing.
    """
    try:
        lines = csv.DictReader(body.decode("shift_jis").splitlines())
    except UnicodeDecodeError as error:
        raise SchemaDrift(f"{rows.url}: expected Shift-JIS, got {body[:40]!r}") from error
    columns = {zone: _column(lines.fieldnames or (), area, rows.url) for zone, area in AREAS.items()}
    spans: dict[str, list[Span]] = {zone: [] for zone in AREAS}
    for row in lines:
        with rows.reading(row, f"{told(row, DAY)}/{told(row, HALF_HOUR_CODE)}"):
            day = date.fromisoformat(row[DAY].replace("/", "-"))
            if day < first:
                continue
            midnight = datetime(day.year, day.month, day.day, tzinfo=CLOCK).astimezone(UTC)
            start = midnight + (int(row[HALF_HOUR_CODE]) - 1) * HALF_HOUR
            for zone, column in columns.items():
                price = number(row[column])
                if price is not None:
                    spans[zone].append(Span(start, start + HALF_HOUR, price * PER_MWH))
    rows.check()
    return spans


def _column(names: Sequence[str], area: str, url: str) -> str:
    """The area's price column, found by its words: columns have been added between."""
    found = [n for n in names if AREA_PRICE in n and area in n and UNIT in n]
    if len(found) != 1 or DAY not in names or HALF_HOUR_CODE not in names:
        raise SchemaDrift(f"{url}: expected one column {AREA_PRICE}{area}({UNIT}), {DAY}, {HALF_HOUR_CODE}; {names}")
    return found[0]
