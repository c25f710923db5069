"""The Hugging Face hub: config.json behind a redirect on the same host, as it answers for small files (2026-11).

tests/fixtures/huggingface_config.json is the config.json of Qwen/Qwen3-32B (Apache-2.0).
"""

from __future__ import annotations

from pathlib import Path

from tests.fakes.server import Fake, Reply, Request

FIXTURE = Path(__file__).parents[1] / "fixtures" / "huggingface_config.json"
REPOSITORY, GATED, AWAY, NO_CONFIG = "Qwen/Qwen3-32B", "org/gated", "org/away", "org/no-config"
CACHE = f"/api/resolve-cache/models/{REPOSITORY}/0123abc/config.json"


def fake() -> Fake:
    return Fake("huggingface", _answer, {"COSTWATT_HUGGINGFACE_URL": ""})


def _answer(request: Request) -> Reply:
    if request.path == CACHE:
        return Reply(FIXTURE.read_bytes(), content_type="application/json")
    answers = {
        REPOSITORY: _redirect(request.base + CACHE),
        AWAY: _redirect("http://127.0.0.2:9/config.json"),
        GATED: Reply.of_json({"error": "Access to this model is restricted."}, 401, {"X-Error-Code": "GatedRepo"}),
        NO_CONFIG: Reply.of_text("Entry not found", status=404),
    }
    name = request.path.removeprefix("/").removesuffix("/resolve/main/config.json")
    # the hub does not tell strangers which repositories exist
    return answers.get(name, Reply.of_json({"error": "Invalid username or password."}, 401))


def _redirect(address: str) -> Reply:
    return Reply(b"", 307, "text/plain", {"Location": address})
