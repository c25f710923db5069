"""Partitions built from records."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from connectors.records import FxRate, InstancePrice, Partition


@pytest.mark.parametrize(
    ("sent", "landed"),
    [
        ("3.6729999999999996", "3.6730000000"),  # a binary float as JSON writes it
        ("0.12345678905", "0.1234567890"),  # half to even
        ("1.1920928955078125E-7", "0.0000001192"),
        ("98765432.10", "98765432.1000000000"),
        ("1E+3", "1000.0000000000"),
        (f"3.{'1' * 60}", "3.1111111111"),
    ],
)
def test_any_number_of_decimals_is_rounded_to_ten(sent: str, landed: str) -> None:
    rates = [FxRate("EUR", "USD", date(2026, 11, 20), Decimal(sent), "url")]
    assert Partition.of(FxRate, rates, kind="fx").rows.column("rate").to_pylist() == [Decimal(landed)]


def test_absent_amounts_stay_absent() -> None:
    price = InstancePrice(
        provider="azure", region="eastus", zone="", location_type="region", sku="Standard_NC24ads_A100_v4",
        operating_system="Linux", purchase_option="on_demand", currency="USD",
        price_per_hour=Decimal(11) / 3, list_per_hour=None, upfront=None, term_hours=None,
        quality="list", source_url="", source_version="", source_key="", published_at=None,
    )  # fmt: skip
    (row,) = Partition.of(InstancePrice, [price], kind="on_demand").rows.to_pylist()
    assert (row["price_per_hour"], row["list_per_hour"], row["upfront"]) == (Decimal("3.6666666667"), None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"rate": Decimal("123456789.5")},  # nine digits before the point, of eight
        {"rate": Decimal("1e400")},
        {"rate": Decimal("NaN")},
        {"rate": 1.5},
        {"quote_currency": 7},
        {"quote_currency": "\ud800"},
        {"rate_date": "2026-11-20"},
    ],
)
def test_a_record_that_does_not_fit_its_columns_is_quarantined_alone(change: dict[str, Any]) -> None:
    good = FxRate("EUR", "USD", date(2026, 11, 20), Decimal("1.1"), "url")
    found = Partition.of(FxRate, [good, replace(good, **change)], kind="fx")
    assert found.rows.column("rate").to_pylist() == [Decimal("1.1")]
    (refused,) = found.rejected.to_pylist()
    assert refused["key"].startswith("EUR/")
    assert refused["reason"].startswith("does not fit its column: ")
