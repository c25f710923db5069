"""An Ask for the Azure connectors, pointed at a loopback server."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from connectors.ask import Ask
from connectors.web import Web
from tests.fakes.azure_world import PRICES
from tests.fakes.server import Server

DAY = date(2026, 11, 21)


def recorded() -> list[dict[str, str]]:
    """The recorded prices that the fake world serves."""
    with PRICES.open(newline="") as file:
        return list(csv.DictReader(file))


def sizes() -> Mapping[str, frozenset[str]]:
    return {"azure": frozenset(f"Standard_{r['size']}" for r in recorded())}


def ask_for(server: Server, folder: Path, **given: Any) -> Ask:
    """Ask with short waits; `given` replaces fields of it."""
    folder.mkdir(parents=True, exist_ok=True)
    base = {"day": DAY, "url": server.url("azure-retail"), "web": Web(backoff_s=0.005), "folder": folder}
    return Ask(**{**base, "skus": sizes(), **given})
