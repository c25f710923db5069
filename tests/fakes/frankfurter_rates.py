"""frankfurter.dev v2: one row per rate, from tests/fixtures/frankfurter_rates.json (pegs at 2026-10-30)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

FIXTURE = Path(__file__).parents[1] / "fixtures" / "frankfurter_rates.json"


def fake() -> Fake:
    return Fake("frankfurter", _answer, {"COSTWATT_FRANKFURTER_URL": ""})


def _answer(request: Request) -> Reply:
    if request.path != "/v2/rates" or request.first("base").upper() != "EUR":
        return NOT_FOUND
    wanted = request.first("quotes").upper().split(",")
    return Reply.of_json([row for row in json.loads(FIXTURE.read_text()) if row["quote"] in wanted])
