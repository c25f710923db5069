"""What no price list may say, on whichever night. Prices: lists of 2026-08 to 2026-10."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.records import Partition, Record, SpotPrice, TokenPrice
from flows.landing import part_folder, write_part
from tests.flows.nights import House

ONE = date(2026, 11, 1)
BELIEF = "price outside its believable band"
H100X8, H100X1 = "Standard_ND96isr_H100_v5", "Standard_NC40ads_H100_v5"
A10_SIXTH, T4 = "Standard_NV6ads_A10_v5", "Standard_NC4as_T4_v3"


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House.at(tmp_path)


def land(house: House, source: str, kind: str, rows: Sequence[Record]) -> None:
    folder = part_folder(house.settings.paths.landing, ONE, source, "all")
    write_part(folder, source, [Partition.of(type(rows[0]), rows, kind=kind)])


def refused(house: House) -> list[tuple[object, ...]]:
    house.load(ONE)
    return house.rows("select split_part(key, '/', 4), reason from gate.quarantine order by 1")


@pytest.mark.parametrize(
    ("named", "price"),
    [
        (H100X8, "0.01"),  # a placeholder
        (H100X8, "0.39"),  # of eight accelerators
        ("Standard_NC24ads_A100_v4", "32178"),  # a year's reservation taken for an hour
        (f"{H100X8} CNY", "17000"),
        (A10_SIXTH, "1990"),  # a year of a sixth of a card
    ],
)
def test_a_placeholder_or_a_whole_term_is_no_hourly_price(house: House, named: str, price: str) -> None:
    house.land(ONE, "azure_prices", "eastus", {named: price, "Standard_D2s_v5": "0.096"})
    assert refused(house) == [(named.removesuffix(" CNY"), BELIEF)]


@pytest.mark.parametrize(
    ("kind", "prices"),
    [
        ("on_demand", {A10_SIXTH: "0.454", "Standard_NV4as_v4": "0.233", H100X8: "98.32", f"{H100X1} CNY": "111"}),
        ("reserved", {T4: "0.2", H100X8: "43.16"}),
        ("spot", {T4: "0.0197", A10_SIXTH: "0.0454", H100X8: "9.83"}),
        ("on_demand", {"Standard_D2s_v5": "0.0052", "Standard_M832ixs_12_v3": "225.6"}),  # no accelerator
    ],
)
def test_real_prices_pass(house: House, kind: str, prices: dict[str, str]) -> None:
    house.land(ONE, "azure_prices", "eastus", prices, kind=kind)
    assert refused(house) == []


def test_spot_of_a_pool_is_judged_by_its_accelerators(house: House) -> None:
    rows = []
    for zone, usd in (("us-east-1a", "0.01"), ("us-east-1b", "12.5")):
        prices = [Decimal(usd)] * 3  # mean, lowest, highest
        of = ("aws", "us-east-1", zone, "p5.48xlarge", "Linux", ONE, "USD")
        rows.append(SpotPrice(*of, *prices, 1.0, "measured", "", "", ""))
    land(house, "aws_spot", "spot", rows)
    assert refused(house) == [("p5.48xlarge", BELIEF)]
    assert house.rows("select zone from gate.spot_price") == [("us-east-1b",)]


@pytest.mark.parametrize(
    ("prices", "reasons"),
    [
        (("2.5", "1.25", "10"), []),
        (("2.5", None, "10"), []),
        (("0", "1.25", "10"), [BELIEF]),
        (("2.5", "0", "10"), [BELIEF]),
        (("2.5", "125000", "10"), [BELIEF]),
        (("2.5", "1.25", "0"), [BELIEF]),
    ],
)
def test_no_token_is_free(house: House, prices: tuple[str | None, ...], reasons: list[str]) -> None:
    fresh, cached, output = (None if p is None else Decimal(p) for p in prices)
    assert fresh is not None
    assert output is not None
    price = TokenPrice(
        "azure", "global", "gpt-4o", "standard", 0, "USD", fresh, cached, output, None, "list", "", "", "", None
    )
    land(house, "azure_tokens", "tokens", [price])
    assert [reason for _, reason in refused(house)] == reasons
