"""The ECB's eurofxref document, from tests/fixtures/ecb_rates.xml (rates of 2026-10-29 and -30)."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/stats/eurofxref/eurofxref-hist-90d.xml"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "ecb_rates.xml"


def fake() -> Fake:
    return Fake("ecb", _answer, {"COSTWATT_ECB_URL": ""})


def _answer(request: Request) -> Reply:
    return Reply(FIXTURE.read_bytes(), content_type="text/xml") if request.path == PATH else NOT_FOUND
