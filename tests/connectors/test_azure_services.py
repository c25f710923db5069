"""Disks and traffic of the fake list."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.azure_services import azure_services
from connectors.errors import SourceUnavailable
from tests.connectors.asking import pulled, rejected_of, rows_of
from tests.connectors.azure_ask import ask_for
from tests.fakes import azure_retail
from tests.fakes.azure_world import Row
from tests.fakes.server import Fake, Server

MGN = "Rtn Preference: MGN"


def read(folder: Path, *more: Row) -> tuple[dict[tuple[str, str, str, float], Decimal], list[tuple[str, str]]]:
    fake = azure_retail.Retail()
    fake.rows += more
    with Server([Fake("azure-retail", fake.answer)]) as server:
        partitions = pulled(azure_services, ask_for(server, folder))
        assert len(server.seen) == 3, "one page a list"
    found = rows_of(partitions)
    rows = {(r["region"], _name(r), r["unit"], r["tier_start"]): r["price"] for r in found}
    assert len(rows) == len(found)
    return rows, rejected_of(partitions)


def _name(row: dict[str, Any]) -> str:
    return str(row["product"] if row["service"] == "block_storage" else row["service"])


def test_disks_and_tiers_as_recorded(tmp_path: Path) -> None:
    rows, rejected = read(tmp_path)
    assert rejected == []
    assert rows == {
        ("eastus", "premium-ssd-p10", "disk-month", 0): Decimal("19.71"),
        ("eastus2", "premium-ssd-p10", "disk-month", 0): Decimal("17.92"),
        ("eastus2", "premium-ssd-p30", "disk-month", 0): Decimal("122.88"),
        ("eastus2", "premium", "GB-month", 0): Decimal("0.12"),  # 122.88 USD / 1,024 GiB
        ("eastus2", "premium-ssd-v2", "GB-month", 0): Decimal("0.0803"),  # 0.00011 USD an hour x 730 h
        ("eastus2", "premium-ssd-v2", "IOPS-month", 0): Decimal(0),
        ("eastus2", "premium-ssd-v2", "IOPS-month", 3000): Decimal("0.00511"),
        ("eastus2", "inter_region_egress", "GB", 0): Decimal("0.02"),
        ("eastus2", "internet_egress", "GB", 0): Decimal(0),  # the first 100 GB of an account
        ("eastus2", "internet_egress", "GB", 100): Decimal("0.087"),
        ("eastus2", "internet_egress", "GB", 10335): Decimal("0.083"),
        ("eastus2", "internet_egress", "GB", 51295): Decimal("0.07"),
        ("eastus2", "internet_egress", "GB", 153695): Decimal("0.05"),
        ("eastus2", "internet_egress", "GB", 512095): Decimal("0.05"),
    }


def test_another_unit_is_not_guessed_at(tmp_path: Path) -> None:
    row = Row("uksouth", "", MGN, "Standard", 87, unit="1 TB", service="Bandwidth", meter="Standard Data Transfer Out")
    rows, rejected = read(tmp_path, row)
    assert not [key for key in rows if key[0] == "uksouth"]
    assert rejected == [("uksouth/Standard Data Transfer Out", "unreadable: ValueError('1 GB in USD expected')")]


def test_the_latest_price_wins_and_two_current_ones_are_both_refused(tmp_path: Path) -> None:
    def disk(usd: float, start: str, name: str = "P10 LRS") -> Row:
        product, meter = "Premium SSD Managed Disks", "P10 LRS Disk"
        return Row("uksouth", "", product, name, usd, unit="1/Month", service="Storage", meter=meter, start=start)

    rows, rejected = read(tmp_path / "1", disk(20, "2024-01-01"), disk(21, "2026-01-01"), disk(22, "2999-01-01"))
    assert rows["uksouth", "premium-ssd-p10", "disk-month", 0] == 21
    assert rejected == []
    rows, rejected = read(tmp_path / "2", disk(20, "2024-01-01"), disk(21, "2024-01-01", "P10  LRS"))
    assert not [key for key in rows if key[0] == "uksouth"]
    assert [reason for _, reason in rejected] == ["conflict: two prices for one key"] * 2


def test_a_renamed_service_fails_instead_of_emptying(tmp_path: Path) -> None:
    with Server([Fake("azure-retail", azure_retail.Retail([]).answer)]) as server:
        ask = ask_for(server, tmp_path)
        for part in azure_services.plan(ask):
            with pytest.raises(SourceUnavailable, match="renamed"):
                list(azure_services.pull(ask, part))
