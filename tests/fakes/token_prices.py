"""The genai-prices catalogue as its repository serves it: a few models of release 0.2.3 (2026-11)."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"
CATALOGUE = Path(__file__).parents[1] / "fixtures" / "token_prices.json"


def _answer(request: Request) -> Reply:
    return Reply(CATALOGUE, content_type="application/json") if request.path == PATH else NOT_FOUND


def fake() -> Fake:
    return Fake("token-prices", _answer, {"COSTWATT_TOKEN_PRICES_URL": PATH})
