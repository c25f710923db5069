"""The genai-prices catalogue as its repository serves it, with a few recorded models of 0.2.3 (2026-11)."""

from __future__ import annotations

from typing import Any

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/pydantic/genai-prices/refs/heads/main/prices/new_data/v2/data.json"


def _model(name: str, prices: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "match": {"equals": name}, "prices": prices, **more}


def catalogue() -> list[dict[str, Any]]:
    llama = _model("meta.llama3-1-70b-instruct-v1:0", {"input_mtok": 0.72, "output_mtok": 0.72})
    sonnet = _model(
        "claude-sonnet-4-5",
        {
            "input_mtok": {"base": 3, "tiers": [{"start": 200000, "price": 6}]},
            "cache_read_mtok": {"base": 0.3, "tiers": [{"start": 200000, "price": 0.6}]},
            "output_mtok": {"base": 15, "tiers": [{"start": 200000, "price": 22.5}]},
        },
    )
    batch = {
        "when": {"processing": "batch"},
        "prices": {"input_mtok": 1.25, "output_mtok": 5},
        "constraint": {"start_date": "2026-10-14"},
    }
    prices = {"input_mtok": 2.5, "cache_read_mtok": 1.25, "output_mtok": 10}
    hourly = [
        {"prices": {"input_mtok": 0.135, "output_mtok": 0.55}},
        {
            "constraint": {"start_time": "00:30:00Z", "end_time": "16:30:00Z"},
            "prices": {"input_mtok": 0.27, "output_mtok": 1.1},
        },
    ]
    dated = [
        {"prices": {"input_mtok": 0.1, "output_mtok": 0.28}},
        {"constraint": {"start_date": "2026-11-03"}, "prices": {"input_mtok": 0.72, "output_mtok": 0.72}},
        {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 1.44, "output_mtok": 1.44}},
    ]
    return [
        _provider("aws", [llama]),
        _provider("anthropic", [sonnet]),
        _provider("openai", [_model("gpt-4o", prices, price_variants=[batch]), _model("ada", {"input_mtok": 0.1})]),
        _provider("deepseek", [_model("deepseek-chat", hourly)]),
        _provider("openrouter", [_model("llama-3.1-70b", dated), _model("free", {"input_mtok": 0, "output_mtok": 0})]),
    ]


def _provider(name: str, models: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": name, "name": name, "api_pattern": f"https://{name}", "models": models}


def _answer(request: Request) -> Reply:
    return Reply.of_json(catalogue()) if request.path == PATH else NOT_FOUND


def fake() -> Fake:
    return Fake("token-prices", _answer, {"COSTWATT_TOKEN_PRICES_URL": PATH})
