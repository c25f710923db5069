"""All machines of the world: 141,600 rows, throttled, on lists that move while they are read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask
from connectors.azure_limiter import RETRY_AFTER, THROTTLE_TRIES
from connectors.azure_prices import azure_prices
from connectors.errors import SourceUnavailable
from connectors.records import Partition
from tests.connectors.azure_ask import ask_for
from tests.fakes import azure_retail
from tests.fakes.azure_world import Row
from tests.fakes.server import Fake, Fault, Server

REGIONS, SIZES = 60, 590
BUDGET_S = 240.0
WORKERS = 6  # more than the limiter lets through


def rows() -> Iterator[Row]:
    """Four rows a size and region: pay-as-you-go, spot, and reservations of one and three years."""
    for region in (f"region{n:02}" for n in range(REGIONS)):
        for number in range(SIZES):
            name, usd = f"D{number}s v9", round(0.05 + number / 1000, 3)
            # the first size is one of those that name the regions
            size = f"Standard_D{number}s_v9" if number else "Standard_D2s_v5"
            series = f"Virtual Machines D{number}sv9 Series"
            yield Row(region, size, series, name, usd)
            yield Row(region, size, series, f"{name} Spot", round(usd / 5, 6), start="2026-11-01")
            yield Row(region, size, series, name, round(usd * 5000), type="Reservation", term="1 Year")
            yield Row(region, size, series, name, round(usd * 10000), type="Reservation", term="3 Years")


def pull(ask: Ask, parts: list[str]) -> tuple[list[Partition], list[str]]:
    """Every part in threads, as the flow does; (partitions, failed parts)."""
    failed = []

    def one(part: str) -> list[Partition]:
        try:
            return list(azure_prices.pull(ask, part))
        except SourceUnavailable:
            failed.append(part)
            return []

    with ThreadPoolExecutor(WORKERS) as pool:
        return [p for partitions in pool.map(one, parts) for p in partitions], failed


@pytest.mark.timeout(300)
def test_no_key_is_lost_or_doubled(tmp_path: Path) -> None:
    world = list(rows())
    fake = azure_retail.Retail(world, burst=40, window_s=0.5, overlap=True, moved_rows=7, moves=60)
    with Server([Fake("azure-retail", fake.answer)]) as server:
        ask = ask_for(server, tmp_path, scope="all", options={"azure_budget_s": str(BUDGET_S)})
        started = time.monotonic()
        parts = list(azure_prices.plan(ask))
        server.faults.append(Fault("region33%27", status=500, times=10_000))
        # fewer than one list bears, for one list may meet them all
        server.faults.append(Fault("region4", status=429, headers={RETRY_AFTER: "0.2"}, times=THROTTLE_TRIES - 3))
        partitions, failed = pull(ask, parts)
        seconds = time.monotonic() - started
    found = [
        (p.region, sku, option, price)
        for p in partitions
        for sku, option, price in zip(
            *(p.rows.column(c).to_pylist() for c in ("sku", "purchase_option", "price_per_hour")), strict=True
        )
    ]
    wanted = {(r.region, r.size, *_option(r)) for r in world if r.region != "region33"}
    assert len(world) == 141_600
    assert sorted(failed) == ["region33", "region33.reservations"]
    assert len(found) == len(set(found)) == len(wanted)
    assert set(found) == wanted
    assert fake.moves == 0, "every move of the lists happened"
    assert seconds < BUDGET_S


def _option(row: Row) -> tuple[str, Decimal]:
    if row.type == "Reservation":
        years = int(row.term[0])
        return f"reserved_{years}y", (Decimal(int(row.price)) / (8760 * years)).quantize(Decimal("1e-10"))
    return "spot" if row.name.endswith("Spot") else "on_demand", Decimal(str(row.price)).quantize(Decimal("1e-10"))
