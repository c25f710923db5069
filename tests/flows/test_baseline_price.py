"""The bundled, dated prices that stand in where no price list can be reached."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal

import pytest

from tests.seed_tables import ids, rows

PRICES = {(row["provider"], row["region"], row["sku"], row["purchase_option"]): row for row in rows("baseline_price")}
NODE = {(row["provider"], row["sku"]): row for row in rows("node_type")}
HOURS_PER_YEAR = 8760
TERM_HOURS = {
    "on_demand": "",
    "reserved_1y": str(HOURS_PER_YEAR),
    "reserved_3y": str(3 * HOURS_PER_YEAR),
    "savings_1y": str(HOURS_PER_YEAR),
    "savings_3y": str(3 * HOURS_PER_YEAR),
}


def test_both_clouds_have_prices_enough() -> None:
    by_provider = Counter(row["provider"] for row in rows("baseline_price"))
    assert by_provider.total() >= 60
    assert by_provider["aws"] >= 20
    assert by_provider["azure"] >= 60


@pytest.mark.parametrize(
    ("provider", "region", "sku", "purchase_option", "usd_per_hour"),
    [
        # AWS offer file 20260910195514: two regions differ in the seventh decimal
        ("aws", "us-east-1", "p4d.24xlarge", "on_demand", "21.957642"),
        ("aws", "us-west-2", "p4d.24xlarge", "on_demand", "21.95764"),
        ("aws", "us-east-1", "p5.48xlarge", "on_demand", "55.04"),
        ("aws", "eu-west-1", "inf2.xlarge", "on_demand", "0.94775"),
        # Azure retail prices of 2026-08-22; a reservation is its total over the hours of its term
        ("azure", "eastus", "Standard_ND96isr_H100_v5", "on_demand", "98.32"),
        ("azure", "eastus", "Standard_ND96isr_H100_v5", "reserved_3y", "43.162481"),
        ("azure", "eastus2", "Standard_ND96isr_H200_v5", "on_demand", "84.8"),
        ("azure", "eastus", "Standard_NC24ads_A100_v4", "savings_3y", "2.265874"),
    ],
)
def test_recorded_prices(provider: str, region: str, sku: str, purchase_option: str, usd_per_hour: str) -> None:
    row = PRICES[provider, region, sku, purchase_option]
    assert Decimal(row["usd_per_hour"]) == Decimal(usd_per_hour)
    assert row["currency"] == "USD"


@pytest.mark.parametrize(("option", "total_usd"), [("reserved_1y", 551_221), ("reserved_3y", 1_134_310)])
def test_reservation_is_an_hourly_price_and_not_the_total(option: str, total_usd: int) -> None:
    row = PRICES["azure", "eastus", "Standard_ND96isr_H100_v5", option]
    assert float(row["usd_per_hour"]) * int(row["term_hours"]) == pytest.approx(total_usd, abs=1)


def test_every_price_is_of_a_deployable_node_type_at_a_sane_rate() -> None:
    for (provider, _, sku, _), row in PRICES.items():
        node = NODE[provider, sku]
        assert node["deployable"] == "true", sku
        per_accelerator = float(row["usd_per_hour"]) / int(node["accelerators"])
        assert 0.05 <= per_accelerator <= 50, (sku, row["region"])


def test_a_commitment_costs_less_than_on_demand_and_a_longer_one_still_less() -> None:
    for (provider, region, sku, option), row in PRICES.items():
        price = Decimal(row["usd_per_hour"])
        if option != "on_demand":
            assert price < Decimal(PRICES[provider, region, sku, "on_demand"]["usd_per_hour"]), (sku, region, option)
        if option.endswith("_3y"):
            shorter = option.replace("_3y", "_1y")
            assert price < Decimal(PRICES[provider, region, sku, shorter]["usd_per_hour"]), (sku, region, option)


def test_terms_and_origins() -> None:
    for row in rows("baseline_price"):
        assert row["term_hours"] == TERM_HOURS[row["purchase_option"]]
        assert date.fromisoformat(row["published_at"]).year >= 2025
        assert row["source_version"]
        assert row["source_key"]
    assert ids("baseline_price", "quality") == {"list", "quoted", "undocumented"}


def test_no_price_from_before_the_cut_of_2025() -> None:
    # p5.48xlarge cost 98.32 until June 2025; many public pages still say so
    p5 = [float(row["usd_per_hour"]) for row in rows("baseline_price") if row["sku"] == "p5.48xlarge"]
    assert 98.32 not in p5
    assert min(p5) == 55.04
