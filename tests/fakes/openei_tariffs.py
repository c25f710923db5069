"""OpenEI's utility rate database: one record, PG&E B-19 of 2020, from tests/fixtures/openei_tariffs.json."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

FIXTURE = Path(__file__).parents[1] / "fixtures" / "openei_tariffs.json"
KEY = "a-key"


def fake() -> Fake:
    return Fake("openei", _answer, {"COSTWATT_OPENEI_URL": ""})


def _answer(request: Request) -> Reply:
    if request.path != "/utility_rates":
        return NOT_FOUND
    if request.first("api_key") != KEY:
        return Reply.of_json({"error": {"code": "API_KEY_INVALID"}}, 403)
    items = [i for i in json.loads(FIXTURE.read_text())["items"] if i["label"] == request.first("getpage")]
    return Reply.of_json({"items": items})
