"""Azure Resource Manager's list of SKUs: bearer tokens, nextLink, 401.

Names, families, capability names and the restriction of L80as_v3 are real (2026); the GPU sizes'
other capabilities are filled in.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

TOKEN = "fake-token"  # noqa: S105 opens nothing but this fake
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
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


def restriction(
    region: str, *, zones: Sequence[str] = (), reason: str = "NotAvailableForSubscription"
) -> dict[str, Any]:
    info: dict[str, Any] = {"locations": [region]} | ({"zones": list(zones)} if zones else {})
    kind = "Zone" if zones else "Location"
    return {"type": kind, "values": [region], "restrictionInfo": info, "reasonCode": reason}


def skus() -> list[dict[str, Any]]:
    return [
        sku("Standard_ND96isr_H100_v5", "standardNDSH100v5Family", "eastus", "8"),
        sku(
            "Standard_ND96isr_H100_v5", "standardNDSH100v5Family", "WestUS3", "8", restrictions=[restriction("WestUS3")]
        ),
        sku(
            "Standard_ND96asr_v4",
            "Standard NDASv4_A100 Family",
            "eastus",
            "8",
            restrictions=[restriction("eastus", zones=["1"])],
        ),
        sku("Standard_ND128isr_NDR_GB200_v6", "standardNDISRGB200V6NDRFamily", "eastus"),
        sku(
            "Standard_NV36ads_A10_v5",
            "standardNVADSA10v5Family",
            "eastus",
            "1",
            capabilities={"vCPUs": "36", "vCPUsAvailable": "36", "MemoryGB": "440"},
            restrictions=[restriction("eastus", zones=["1", "2", "3"])],
        ),
        sku("Standard_L80as_v3", "standardLASv3Family", "WestUS3", restrictions=[restriction("WestUS3")]),
        {"resourceType": "disks", "name": "Premium_LRS", "locations": ["eastus"]},
    ]


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
