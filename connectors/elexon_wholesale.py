"""Great Britain's market index price from Elexon's Insights service: half-hourly, after the fact, no key.

An index of short-term trades, not the day-ahead auction, which has no open source since 2021. A
provider that saw too few trades writes 0.00 for price and volume, which is no price. N2EX nearly
always does: only APX is asked for and read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from connectors.ask import Ask, connector
from connectors.drift import Rows, reading, told
from connectors.errors import SchemaDrift
from connectors.records import Partition, Tariff
from connectors.tariff_rows import number
from connectors.wholesale import Market, Span, daily_partition, day_bounds, moment

PATH = "/bmrs/api/v1/balancing/pricing/market-index"
PROVIDER = "APXMIDP"
CLOCK = ZoneInfo("Europe/London")
HALF_HOUR = timedelta(minutes=30)
LICENCE = "Elexon BMRS open data licence"


@connector("elexon_wholesale", record=Tariff, setting="ELEXON_URL", url="https://data.elexon.co.uk", licence=LICENCE)
def elexon_wholesale(ask: Ask, region: str) -> Iterator[Partition]:
    """Means of the last two days that are over, GBP per kWh."""
    days = [ask.day - timedelta(days=2), ask.day - timedelta(days=1)]
    start, end = day_bounds(days[0], CLOCK)[0], day_bounds(days[1], CLOCK)[1]
    params = {"from": f"{start:%Y-%m-%dT%H:%MZ}", "to": f"{end:%Y-%m-%dT%H:%MZ}", "dataProviders": PROVIDER}
    answer = ask.web.get(ask.url + PATH, params=params)
    ask.keep("market-index.json", answer)
    rows = Rows(answer.url)
    with reading(answer.url):
        spans, dropped = read_index(answer.json(), rows)
    market = Market("GB", CLOCK, "GBP", "market_index", answer.url, LICENCE)
    yield daily_partition(market, spans, days, region=region, unreadable=rows.rejected, dropped=dropped)


def read_index(document: Mapping[str, Any], rows: Rows) -> tuple[list[Span], Counter[str]]:
    """Half-hours of the provider that trades enough; those that cannot be read are left to `rows`.

    Raises:
        SchemaDrift: no list of rows with startTime, dataProvider and price.
    """
    found = document.get("data") if isinstance(document, dict) else None
    if not isinstance(found, list):
        raise SchemaDrift(f"{rows.url}: expected an object with a list data, got {str(document)[:80]}")
    spans: list[Span] = []
    dropped: Counter[str] = Counter()
    for row in found:
        with rows.reading(row, told(row, "startTime")):
            begin, price = moment(row["startTime"]), number(row["price"])
            if row["dataProvider"] != PROVIDER:
                dropped["other provider"] += 1
            elif price is None or number(row.get("volume")) == 0:
                dropped["no price"] += 1
            else:
                spans.append(Span(begin, begin + HALF_HOUR, price))
    rows.check()
    return spans, dropped
