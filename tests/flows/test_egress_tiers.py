"""Egress falls in price with a month's volume: which tiers a region has, and what a cost takes of them."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pytest

from flows.costing import model_columns
from flows.model_tables import assumption_table
from flows.settings import Settings
from tests.costmodel.options import BF16, CLOUD, columns, option
from tests.flows.small_tables import Row, made, tables

TIERS = [(0.0, 0.09), (10_240.0, 0.085), (51_200.0, 0.07), (153_600.0, 0.05)]
BY_TIER = json.dumps(TIERS)


def service(name: str, *prices: Row) -> dict[str, Any]:
    """What a region pays for a service whose source has these prices."""
    found = made(
        "opt_service_price",
        hist_service_price=[{"service": name, **price} for price in prices],
        opt_fx=[{"usd_per_unit": 2.0}],
        opt_region=[{}],
        opt_answer=[{"record": "service_price", "source": "aws_services"}],
        opt_held=[],
    )
    (row,) = (row for row in found if row["service"] == name)
    return row


def test_a_region_has_its_first_paid_tier_and_all_of_them() -> None:
    prices = [
        {"tier_start": 100.0, "price": 0.08},
        {"tier_start": 0.0, "price": 0.0},
        {"tier_start": 900.0, "price": 0.05},
    ]
    row = service("internet_egress", *prices)
    assert row["usd_per_unit_sold"] == 0.16, "in USD, and what is free is of the account's other traffic"
    assert json.loads(row["usd_per_unit_by_tier"]) == [[100.0, 0.16], [900.0, 0.1]]
    assert (row["price_origin"], row["source"]) == ("live", "aws_services")


def test_a_service_of_one_price_has_no_tiers() -> None:
    disk = {"unit": "GB-month", "product": "gp3", "price": 0.04}
    row = service("block_storage", disk, {**disk, "unit": "IOPS-month", "price": 0.001}, {**disk, "product": "st1"})
    assert (row["usd_per_unit_sold"], row["usd_per_unit_by_tier"]) == (0.08, None)


def test_a_region_without_an_answer_has_the_bundled_tiers() -> None:
    row = service("internet_egress")
    assert (row["price_origin"], row["source"]) == ("bundled", "baseline_service_price")
    assert [tuple(tier) for tier in json.loads(row["usd_per_unit_by_tier"])] == TIERS


def egress(requests_per_day: float, by_tier: str | None) -> float:
    """USD per GB that a scenario with answers of 1,000 tokens, 210 bytes each, pays."""
    reference = tables(Settings())
    with reference.con:
        assumptions = assumption_table(reference.con, {"assumption": reference["stg_assumption"]})
    rows = columns([option(CLOUD, BF16, requests_per_day=requests_per_day, output_tokens=1000.0)])
    profile = rows.pop("demand_share_by_hour")
    beside = {
        "demand_profile": "day",
        "tariff_band": "",
        "usd_per_kwh_by_band": None,
        "egress_usd_per_gb_by_tier": by_tier,
    }
    joined = pa.table(
        {name: values.tolist() for name, values in rows.items()}
        | {name: pa.array([value], pa.string()) for name, value in beside.items()}
    )
    return float(model_columns(joined, {"day": profile[0]}, assumptions)["egress_usd_per_gb"][0])


@pytest.mark.parametrize(
    ("requests_per_day", "usd_per_month"),
    [
        (1e6, 6_387.5 * 0.09),
        (1e7, 10_240 * 0.09 + 40_960 * 0.085 + (63_875 - 51_200) * 0.07),
        (1e9, 10_240 * 0.09 + 40_960 * 0.085 + 102_400 * 0.07 + (6_387_500 - 153_600) * 0.05),
    ],
)
def test_a_cost_takes_the_mean_of_the_tiers_that_its_month_goes_through(
    requests_per_day: float, usd_per_month: float
) -> None:
    gb_per_month = requests_per_day * 1000 * 210 / 1e9 * 365 / 12
    assert egress(requests_per_day, BY_TIER) * gb_per_month == pytest.approx(usd_per_month)


def test_without_tiers_the_price_is_the_price() -> None:
    assert egress(1e9, None) == 0.09
