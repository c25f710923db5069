"""ENTSO-E's web API: one document per market day, A03 curves, 200 with an acknowledgement for "no data".

Prices: four a day (80, 40, -5, 120 EUR/MWh from 0, 6, 12 and 18 h), repeats left out; Austria and
Germany carry a second auction at 999 EUR/MWh that nobody may read.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connectors.bidding_zones import EUROPE
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

TOKEN = "a-token"  # noqa: S105 what the fake accepts
SIX_HOURLY = ("80.00", "40.00", "-5.00", "120.00")
TWO_AUCTIONS = (EUROPE["AT"].eic, EUROPE["DE-LU"].eic)
ACKNOWLEDGEMENT = """<?xml version="1.0" encoding="UTF-8"?>
<Acknowledgement_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">
  <Reason><code>999</code><text>No matching data found for Data item Day-ahead Prices [12.1.D] ({eic})</text></Reason>
</Acknowledgement_MarketDocument>"""


def fake() -> Fake:
    return Fake("entsoe", _answer, {"COSTWATT_ENTSOE_URL": ""})


def _answer(request: Request) -> Reply:
    if request.path != "/api":
        return NOT_FOUND
    if request.first("securityToken") != TOKEN:
        return Reply(b"Unauthorized", 401, "text/plain")
    eic = request.first("in_Domain")
    start, end = (
        datetime.strptime(request.first(name), "%Y%m%d%H%M").replace(tzinfo=UTC)
        for name in ("periodStart", "periodEnd")
    )
    if eic not in {z.eic for z in EUROPE.values()}:
        return Reply.of_text(ACKNOWLEDGEMENT.format(eic=eic), "text/xml")
    return Reply.of_text(document(eic, start, end), "text/xml")


def document(eic: str, start: datetime, end: datetime) -> str:
    """All market days that overlap the period asked for, whole: clients have to cut."""
    clock = EUROPE["DE-LU"].clock
    day, series = start.astimezone(clock).date(), []
    while (midnight := datetime(day.year, day.month, day.day, tzinfo=clock).astimezone(UTC)) < end:
        day += timedelta(days=1)
        until = datetime(day.year, day.month, day.day, tzinfo=clock).astimezone(UTC)
        series.append(time_series(eic, "1" if eic in TWO_AUCTIONS else "", midnight, until, SIX_HOURLY))
        if eic in TWO_AUCTIONS:
            series.append(time_series(eic, "2", midnight, until, ["999.00"]))
    return publication("".join(series))


def publication(series: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">'
        f"<type>A44</type>{series}</Publication_MarketDocument>"
    )


def time_series(eic: str, sequence: str, start: datetime, end: datetime, prices: list[str] | tuple[str, ...]) -> str:
    """Prices of equal length, one point each at a resolution of 15 minutes: A03 leaves out the repeats."""
    quarters = int((end - start) / timedelta(minutes=15))
    points = "".join(
        f"<Point><position>{1 + n * quarters // len(prices)}</position><price.amount>{p}</price.amount></Point>"
        for n, p in enumerate(prices)
    )
    position = "classificationSequence_AttributeInstanceComponent.position"
    return (
        f"<TimeSeries><in_Domain.mRID>{eic}</in_Domain.mRID><currency_Unit.name>EUR</currency_Unit.name>"
        "<price_Measure_Unit.name>MWH</price_Measure_Unit.name>"
        + (f"<{position}>{sequence}</{position}>" if sequence else "")
        + f"<curveType>A03</curveType><Period><timeInterval><start>{start:%Y-%m-%dT%H:%MZ}</start>"
        f"<end>{end:%Y-%m-%dT%H:%MZ}</end></timeInterval><resolution>PT15M</resolution>{points}</Period></TimeSeries>"
    )
