"""Azure Resource Manager's list of SKUs: bearer tokens, nextLink, 401."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

TOKEN = "fake-token"  # noqa: S105 opens nothing but this fake
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
ENTRIES = Path(__file__).parents[1] / "fixtures" / "azure_skus.json"
PATH = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Compute/skus"


def sku(name: str, family: str, region: str, gpus: str | None = None, **more: Any) -> dict[str, Any]:
    """One entry as Azure writes it."""
    capabilities = {"vCPUs": "96", "MemoryGB": "1900", "RdmaEnabled": "True", "HyperVGenerations": "V2"}
    capabilities |= {"GPUs": gpus} if gpus else {}
    entry = {
        "resourceType": "virtualMachines",
        "name": name,
        "tier": "Standard",
        "size": name.removeprefix("Standard_"),
        "family": family,
        "locations": [region],
        "locationInfo": [{"location": region, "zones": ["3", "1", "2"], "zoneDetails": []}],
        "capabilities": [{"name": k, "value": v} for k, v in (capabilities | more.pop("capabilities", {})).items()],
        "restrictions": [],
    }
    return entry | more


def skus() -> list[dict[str, Any]]:
    """The recorded entries."""
    entries: list[dict[str, Any]] = json.loads(ENTRIES.read_text())
    return entries


class Arm:
    """The list in pages, rendered once."""

    def __init__(self, entries: Sequence[dict[str, Any]] | None = None, page_size: int = 3) -> None:
        listed = skus() if entries is None else entries
        self.pages = [listed[i : i + page_size] for i in range(0, len(listed), page_size)]
        self.rendered: dict[int, bytes] = {}

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            error = {"code": "AuthenticationFailed", "message": "Authentication failed."}
            return Reply.of_json({"error": error}, 401)
        if request.path != PATH:
            return NOT_FOUND
        number = int(request.first("$skiptoken", "0"))
        if number not in self.rendered:
            link = f"{request.base}{PATH}?api-version={request.first('api-version')}&$skiptoken={number + 1}"
            more = {"nextLink": link} if number + 1 < len(self.pages) else {}
            self.rendered[number] = json.dumps({"value": self.pages[number], **more}).encode()
        return Reply(self.rendered[number], content_type="application/json")


def fake() -> Fake:
    return Fake("azure-arm", Arm().answer, {"COSTWATT_AZURE_ARM_URL": ""})
