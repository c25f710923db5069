"""Australia's spot prices from AEMO's monthly files: five-minute settlement prices, no key.

Stamps name the *end* of an interval, in the market's own time: UTC+10 all year, no summer time.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

from connectors.ask import Ask, connector
from connectors.drift import Rows, reading, text, told
from connectors.errors import SchemaDrift
from connectors.records import Partition, Rejected, Tariff
from connectors.tariff_rows import number
from connectors.wholesale import Market, Span, daily_partition

PATH = "/aemo/data/nem/priceanddemand/PRICE_AND_DEMAND_{month:%Y%m}_{state}.csv"
REGIONS = {"AU-NSW": "NSW1", "AU-VIC": "VIC1"}
CLOCK = timezone(timedelta(hours=10), "NEM")
STEPS = (timedelta(minutes=5), timedelta(minutes=30))  # 30 until 2021-10-01
SETTLED = "TRADE"
COLUMNS = ("REGION", "SETTLEMENTDATE", "RRP", "PERIODTYPE")
LICENCE = "AEMO copyright permissions: general use with attribution"


def zones(_: Ask) -> Sequence[str]:
    """One part per state with a cloud region."""
    return tuple(REGIONS)


@connector("aemo_wholesale", record=Tariff, setting="AEMO_URL", url="https://aemo.com.au", licence=LICENCE, plan=zones)
def aemo_wholesale(ask: Ask, region: str) -> Iterator[Partition]:
    """Means of the last two market days that are over, AUD per kWh excluding GST."""
    days = [ask.day - timedelta(days=2), ask.day - timedelta(days=1)]
    state = REGIONS[region]
    spans: list[Span] = []
    unreadable: list[Rejected] = []
    dropped: Counter[str] = Counter()
    url = ""
    for month in sorted({d.replace(day=1) for d in days}):
        url = ask.url + PATH.format(month=month, state=state)
        answer = ask.web.get(url)
        ask.keep(f"{state}-{month:%Y%m}.csv", answer)
        with reading(url):
            found, left_out = read_month(answer.text, state, Rows(url, unreadable))
        spans += found
        dropped += left_out
    market = Market(region, CLOCK, "AUD", "spot", url, LICENCE)
    yield daily_partition(market, spans, days, region=region, unreadable=unreadable, dropped=dropped)


def read_month(body: str, state: str, rows: Rows) -> tuple[list[Span], Counter[str]]:
    """Settled intervals of one file; those that cannot be read are left to `rows`.

    Raises:
        SchemaDrift: a column is missing (an HTML page), or no row is of the state.
    """
    reader = csv.DictReader(body.splitlines())
    if missing := set(COLUMNS) - set(reader.fieldnames or ()):
        raise SchemaDrift(f"{rows.url}: no column {', '.join(sorted(missing))}; got {body[:60]!r}")
    ends = []
    dropped: Counter[str] = Counter()
    for row in reader:
        with rows.reading(row, f"{state}/{told(row, 'SETTLEMENTDATE')}"):
            price = number(row["RRP"])
            if row["REGION"] != state:
                raise ValueError(f"expected a row of {state}, got {row['REGION']}")
            if text(row["PERIODTYPE"]) != SETTLED or price is None:
                dropped["not settled"] += 1
            else:
                end = datetime.fromisoformat(row["SETTLEMENTDATE"].replace("/", "-")).replace(tzinfo=CLOCK)
                ends.append((end.astimezone(UTC), price))
    rows.check()
    distances = (b[0] - a[0] for a, b in pairwise(sorted(ends)))
    step = min((d for d in distances if d in STEPS), default=STEPS[0])
    return [Span(end - step, end, price) for end, price in ends], dropped
