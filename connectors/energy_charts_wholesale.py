"""European day-ahead prices from energy-charts.info (Fraunhofer ISE): no key, the zones under CC BY 4.0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from connectors.ask import Ask, connector
from connectors.bidding_zones import EUROPE, OPEN_AT_ENERGY_CHARTS
from connectors.drift import Rows, reading
from connectors.errors import SchemaDrift
from connectors.pace import Pace
from connectors.records import Partition, Tariff
from connectors.tariff_rows import number
from connectors.wholesale import Market, Span, daily_partition, spans_of_points

UNIT = "EUR/MWh"  # for every zone, also those with a currency of their own
STEPS = tuple(timedelta(minutes=m) for m in (15, 30, 60))
PACE = Pace(0.5)  # at most two requests a second, says the documentation


def zones(_: Ask) -> Sequence[str]:
    """One part per bidding zone."""
    return OPEN_AT_ENERGY_CHARTS


@connector(
    "energy_charts_wholesale",
    record=Tariff,
    setting="ENERGY_CHARTS_URL",
    url="https://api.energy-charts.info",
    licence="CC BY 4.0, Bundesnetzagentur | SMARD.de via energy-charts.info",
    plan=zones,
    one_at_a_time=True,
)
def energy_charts_wholesale(ask: Ask, region: str) -> Iterator[Partition]:
    """Means of yesterday and of today, EUR per kWh; a zone without prices yet answers 404."""
    days = [ask.day - timedelta(days=1), ask.day]
    ask.web.refuse_dead(ask.url)  # else a dead host costs half a second per zone
    PACE.wait()
    params = {"bzn": region, "start": days[0].isoformat(), "end": days[1].isoformat()}
    answer = ask.web.get(f"{ask.url}/price", params=params)
    ask.keep(f"{region}.json", answer)
    document = answer.json()
    rows = Rows(answer.url)
    with reading(answer.url):
        spans, dropped = read_prices(document, rows)
    licence = str(document.get("license_info", "not said"))
    market = Market(region, EUROPE[region].clock, "EUR", "day_ahead", answer.url, licence)
    yield daily_partition(market, spans, days, region=region, unreadable=rows.rejected, dropped=dropped)


def read_prices(document: Mapping[str, Any], rows: Rows) -> tuple[list[Span], Counter[str]]:
    """Spans of an answer; an hour that has no price yet is left out and counted, a point without a time left to `rows`.

    Raises:
        SchemaDrift: another unit, arrays of different length, or fields gone.
    """
    stamps, prices = document.get("unix_seconds"), document.get("price")
    unit = str(document.get("unit", "")).replace(" ", "")
    if not isinstance(stamps, list) or not isinstance(prices, list) or len(stamps) != len(prices):
        raise SchemaDrift(f"{rows.url}: expected arrays unix_seconds and price of one length; got {list(document)}")
    if unit != UNIT:
        raise SchemaDrift(f"{rows.url}: expected prices in {UNIT}, got {unit!r}")
    dropped = Counter({"endpoint is deprecated": 1} if document.get("deprecated") else {})
    points = []
    for stamp, price in zip(stamps, prices, strict=True):
        with rows.reading({"unix_seconds": stamp, "price": price}, str(stamp)):
            start, value = datetime.fromtimestamp(int(stamp), UTC), number(price)
            if value is None:
                dropped["no price yet"] += 1
            else:
                points.append((start, value))
    rows.check()
    by_day = [list(group) for _, group in groupby(sorted(points), key=lambda p: p[0].date())]
    return [span for day in by_day for span in spans_of_points(day, _step(day))], dropped


def _step(points: Sequence[tuple[datetime, Any]]) -> timedelta:
    """Length of an interval: the least distance between two (the market went from 60 to 15 minutes)."""
    distances = [b[0] - a[0] for a, b in pairwise(points)]
    return min((d for d in distances if d in STEPS), default=STEPS[-1])
