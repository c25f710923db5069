"""European day-ahead prices from the ENTSO-E transparency platform, for the zones that need its free token.

Document A44 (article 12.1.D), IEC 62325 XML. Three things that readers get wrong, each a large
error: positions left out repeat the price before them (curve type A03); a zone may hold two
auctions (sequence 1 is the coupled one); "no data" comes as an acknowledgement with status 200.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from connectors.ask import Ask, connector
from connectors.bidding_zones import EUROPE, OPEN_AT_ENERGY_CHARTS
from connectors.drift import Rows, reading
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import Partition, Tariff
from connectors.tariff_rows import number
from connectors.wholesale import Market, Span, daily_partition, day_bounds, moment
from connectors.xml_documents import child_text, local_name, parse_xml

LICENCE = "ENTSO-E transparency platform, free reuse with the source named"
SEQUENCE = "classificationSequence_AttributeInstanceComponent.position"
COUPLED_AUCTION = ("", "1")  # 2 is the EXAA auction of Austria and Germany
REPEATS_OMITTED, ALL_POINTS = "A03", "A01"
RESOLUTION = re.compile(r"PT(\d+)([MH])")


def zones(_: Ask) -> Sequence[str]:
    """One part per zone that energy-charts may not republish."""
    return tuple(z for z in EUROPE if z not in OPEN_AT_ENERGY_CHARTS)


@connector(
    "entsoe_wholesale",
    record=Tariff,
    setting="ENTSOE_URL",
    url="https://web-api.tp.entsoe.eu",
    licence=LICENCE,
    plan=zones,
    needs=("ENTSOE_TOKEN",),
)
def entsoe_wholesale(ask: Ask, region: str) -> Iterator[Partition]:
    """Means of yesterday and of today, EUR per kWh.

    Raises:
        SourceUnavailable: the platform has no prices of the zone for these days.
    """
    zone = EUROPE[region]
    days = [ask.day - timedelta(days=1), ask.day]
    start, end = day_bounds(days[0], zone.clock)[0], day_bounds(days[1], zone.clock)[1]
    params = {
        "documentType": "A44",
        "in_Domain": zone.eic,
        "out_Domain": zone.eic,
        "periodStart": f"{start:%Y%m%d%H%M}",
        "periodEnd": f"{end:%Y%m%d%H%M}",
        "contract_MarketAgreement.type": "A01",
        "securityToken": ask.secrets["ENTSOE_TOKEN"],
    }
    answer = ask.web.get(f"{ask.url}/api", params=params)
    ask.keep(f"{region}.xml", answer)
    periods = Rows(answer.url)
    with reading(answer.url):
        spans, dropped = read_document(answer.body, periods)
    market = Market(region, zone.clock, "EUR", "day_ahead", answer.url, LICENCE)
    yield daily_partition(market, spans, days, region=region, unreadable=periods.rejected, dropped=dropped)


def read_document(body: bytes, periods: Rows) -> tuple[list[Span], Counter[str]]:
    """Spans of all time series of the coupled auction.

    A period with a point that cannot be read is left to `periods` whole: where repeats are omitted, it would be
    read as the price before it.

    Raises:
        SourceUnavailable: an acknowledgement: the platform knows no such data.
        SchemaDrift: another document, currency, unit or curve type, or no period that is readable.
    """
    root = parse_xml(body, periods.url)
    if local_name(root) == "Acknowledgement_MarketDocument":
        reason = next((child_text(e, "text") for e in root if local_name(e) == "Reason"), "")
        raise SourceUnavailable(f"{periods.url}: {reason[:160]}")
    if local_name(root) != "Publication_MarketDocument":
        raise SchemaDrift(f"{periods.url}: expected Publication_MarketDocument, got {local_name(root)}")
    spans: list[Span] = []
    dropped: Counter[str] = Counter()
    for series in (e for e in root if local_name(e) == "TimeSeries"):
        if child_text(series, SEQUENCE) not in COUPLED_AUCTION:
            dropped["second auction"] += 1
            continue
        curve = _checked(series, periods.url)
        for period in (e for e in series if local_name(e) == "Period"):
            with periods.reading(ET.tostring(period, encoding="unicode"), child_text(series, "in_Domain.mRID")):
                spans += _spans_of_period(period, curve)
    periods.check()
    return spans, dropped


def _checked(series: ET.Element, url: str) -> str:
    """The curve type of a series in EUR per MWh."""
    currency, unit = child_text(series, "currency_Unit.name"), child_text(series, "price_Measure_Unit.name")
    curve = child_text(series, "curveType") or ALL_POINTS
    if (currency, unit) != ("EUR", "MWH") or curve not in (ALL_POINTS, REPEATS_OMITTED):
        raise SchemaDrift(f"{url}: expected EUR per MWH in curve A01 or A03, got {currency} per {unit}, {curve}")
    return curve


def _spans_of_period(period: ET.Element, curve: str) -> list[Span]:
    """One span per point; with curve A03 it lasts until the next point given.

    Raises:
        ValueError: no interval or resolution, or a point that cannot be read.
    """
    interval = next((e for e in period if local_name(e) == "timeInterval"), None)
    found = RESOLUTION.fullmatch(child_text(period, "resolution"))
    if interval is None or found is None:
        raise ValueError(f"a period without interval or resolution: {child_text(period, 'resolution')!r}")
    step = timedelta(minutes=int(found[1]) * (60 if found[2] == "H" else 1))
    start, end = (moment(child_text(interval, name)) for name in ("start", "end"))
    points = sorted(_points(period))
    after = [position for position, _ in points[1:]] + [(end - start) // step + 1]
    last = [p + 1 for p, _ in points] if curve == ALL_POINTS else after
    return [
        Span(start + (position - 1) * step, start + (until - 1) * step, price)
        for (position, price), until in zip(points, last, strict=True)
    ]


def _points(period: ET.Element) -> Iterator[tuple[int, Decimal]]:
    for point in (e for e in period if local_name(e) == "Point"):
        position, price = child_text(point, "position"), number(child_text(point, "price.amount"))
        if not position.isdecimal() or price is None:
            raise ValueError(f"a point without position or price: {position!r}")
        yield int(position), price
