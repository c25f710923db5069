"""Elexon's market index: both providers, APX at 21.71 GBP/MWh as recorded (40 from 12 h UTC), N2EX at 0.00."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/bmrs/api/v1/balancing/pricing/market-index"
MORNING, AFTERNOON = 21.71, 40.0


def fake() -> Fake:
    return Fake("elexon", _answer, {"COSTWATT_ELEXON_URL": ""})


def _answer(request: Request) -> Reply:
    if request.path != PATH:
        return NOT_FOUND
    start, end = (datetime.fromisoformat(request.first(name)) for name in ("from", "to"))
    rows = []
    while start < end:
        price = MORNING if start.hour < 12 else AFTERNOON
        for provider, amount in (("APXMIDP", price), ("N2EXMIDP", 0.0)):
            rows.append({"startTime": f"{start:%Y-%m-%dT%H:%M:%SZ}", "dataProvider": provider, "price": amount})
        start += timedelta(minutes=30)
    return Reply.of_json({"data": rows})
