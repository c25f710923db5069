"""Disks, traffic and models of the Azure price list, as recorded in 2026-08 (tests/fixtures/azure_README.md)."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.azure_world import Row

FIXTURES = Path(__file__).parents[1] / "fixtures"


def service_rows() -> Iterator[Row]:
    """Rows beside the virtual machines."""
    for r in _table("azure_services.csv"):
        yield Row(
            r["region"],
            "",
            r["product"],
            r["sku"],
            float(r["usd"]),
            tier=float(r["tier"]),
            unit=r["unit"],
            service=r["service"],
            meter=r["meter"],
        )
    for r in _table("azure_tokens.csv"):
        yield Row(
            "eastus2",
            "",
            r["product"],
            r["meter"],
            float(r["usd"]),
            unit=r["unit"],
            service="Foundry Models",
            start=r["start"],
        )


def _table(name: str) -> Iterator[dict[str, str]]:
    with (FIXTURES / name).open(newline="") as file:
        yield from csv.DictReader(file)
