"""energy-charts.info: quarter-hours of local days, always EUR/MWh, 404 for a day without prices yet.

Prices: the ten recorded ones of tests/fixtures/energy_charts_wholesale.json over and over.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from connectors.bidding_zones import EUROPE, OPEN_AT_ENERGY_CHARTS
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

RECORDED = json.loads((Path(__file__).parents[1] / "fixtures" / "energy_charts_wholesale.json").read_text())
NO_CONTENT = Reply.of_json({"message": "no content available"}, 404)


def fake(last_day: date = date.max) -> Fake:
    """`last_day`: the last one with prices; the day after is what clients ask for too early."""
    return Fake("energy-charts", lambda request: _answer(request, last_day), {"COSTWATT_ENERGY_CHARTS_URL": ""})


def _answer(request: Request, last_day: date) -> Reply:
    if request.path != "/price" or request.first("bzn") not in OPEN_AT_ENERGY_CHARTS:
        return NOT_FOUND
    first, last = (date.fromisoformat(request.first(name)) for name in ("start", "end"))
    if first > last_day:
        return NO_CONTENT
    return Reply.of_json(document(request.first("bzn"), first, min(last, last_day)))


def document(zone: str, first: date, last: date) -> dict[str, Any]:
    clock = EUROPE[zone].clock
    start, end = (datetime(d.year, d.month, d.day, tzinfo=clock) for d in (first, last + timedelta(days=1)))
    count = int((end.astimezone(UTC) - start.astimezone(UTC)) / timedelta(minutes=15))
    stamps = [int(start.timestamp()) + 900 * i for i in range(count)]
    return RECORDED | {"unix_seconds": stamps, "price": [RECORDED["price"][i % 10] for i in range(count)]}
