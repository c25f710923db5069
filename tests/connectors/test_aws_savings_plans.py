"""Savings plan rates: which rows are prices, what a payment option means, what cannot be read."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.aws_offer_csv import OfferCsv
from connectors.aws_offers import OfferFile
from connectors.aws_prices import aws_prices
from connectors.aws_savings_plans import NEEDED, OFFER_CODE, aws_savings_plans, parse
from connectors.errors import SchemaDrift
from connectors.records import InstancePrice, Partition, schema_of
from tests.connectors.aws import FIXTURES, ask_of, prices_of, pull_all, remembered, rows_of
from tests.fakes import aws_price_list
from tests.fakes.aws_world import ON_DEMAND
from tests.fakes.server import Server


def parsed(folder: Path, text: str) -> Partition:
    path = folder / "plans.csv"
    path.write_text(text)
    file = OfferFile("us-east-1", "20260906182900", "https://prices.example/us-east-1/index.json")
    ask = ask_of("https://prices.example", folder, scope="all")
    return parse(ask, file, OfferCsv.of(path, OFFER_CODE, NEEDED))


@pytest.fixture
def golden(tmp_path: Path) -> Partition:
    return parsed(tmp_path, (FIXTURES / "aws_savings_plans.csv").read_text())


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([aws_price_list.fake()]) as running:
        yield running


def test_the_listed_rate_is_the_price_whatever_is_paid_ahead(golden: Partition) -> None:
    p5 = {r["purchase_option"]: r for r in golden.rows.to_pylist() if r["sku"] == "p5.48xlarge"}
    assert {k: str(r["price_per_hour"]) for k, r in p5.items()} == {
        "savings_compute_1y_no_upfront": "43.1600000000",
        "savings_compute_1y_all_upfront": "40.3900000000",
        "savings_ec2_3y_partial_upfront": "24.7700000000",
    }
    ahead = p5["savings_compute_1y_all_upfront"]
    assert (ahead["list_per_hour"], ahead["upfront"], ahead["term_hours"]) == (0, Decimal("40.39") * 8760, 8760)
    half = p5["savings_ec2_3y_partial_upfront"]
    assert (half["list_per_hour"], half["upfront"]) == (Decimal("12.385"), Decimal("24.77") / 2 * 26280)
    assert p5["savings_compute_1y_no_upfront"]["upfront"] == 0
    assert golden.rows.schema == schema_of(InstancePrice)


def test_only_the_plain_linux_box_is_a_price(golden: Partition) -> None:
    assert [r["sku"] for r in golden.rows.to_pylist()].count("m5.xlarge") == 1
    assert golden.dropped == {"not on shared hardware": 1}


def test_the_rate_names_its_on_demand_product(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, scope="all")
    on_demand = {r["source_key"].split(".")[0]: r["sku"] for r in rows_of(pull_all(aws_prices, ask), "on_demand")}
    plans = rows_of(pull_all(aws_savings_plans, ask), "savings_plan")
    assert {(r["source_key"].split(".")[1], r["sku"]) for r in plans} == set(on_demand.items())


def test_every_plan_of_every_accelerated_type(server: Server, tmp_path: Path) -> None:
    skus = {"aws": frozenset({"p5.48xlarge", "p4d.24xlarge"})}
    found = pull_all(aws_savings_plans, ask_of(server.url("aws-price-list"), tmp_path, skus=skus))
    prices = prices_of(found, "savings_plan")
    expected = {(r, s) for r, listed in ON_DEMAND.items() for s in listed if s in skus["aws"] and r[:2] != "cn"}
    assert {k[:2] for k in prices} == expected
    assert len(prices) == 7 * len(expected)
    assert all(v < Decimal(ON_DEMAND[region][sku]) for (region, sku, _), v in prices.items())
    east = next(p for p in found if p.region == "us-east-1")
    assert east.dropped == {
        "DiscountedServiceCode=AmazonECS": 7,
        "DiscountedOperation=RunInstances:0002": 84,
        "not on shared hardware": 168,
        "not accelerated": 70,
    }
    assert all(p.rejected.num_rows == 0 for p in found)


def test_two_rates_for_one_plan_are_both_rejected(tmp_path: Path) -> None:
    text = (FIXTURES / "aws_savings_plans.csv").read_text()
    line = next(x for x in text.splitlines() if "43.16" in x)
    found = parsed(tmp_path, text + line.replace("43.16", "41.16").replace("BB7BKBSC6NZW7P5B", "ANOTHERPLAN") + "\n")
    assert found.rejected.column("reason").to_pylist() == ["conflict", "conflict"]
    assert "savings_compute_1y_no_upfront" not in {
        r["purchase_option"] for r in found.rows.to_pylist() if r["sku"] == "p5.48xlarge"
    }


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (",43.16,", ",free,", "unreadable price"),
        (",43.16,", ",0,", "price is not above 0"),
        ("No Upfront,1,year", "Monthly,1,year", "unknown payment option"),
        ("No Upfront,1,year", "No Upfront,1,decade", "unreadable term"),
        ("No Upfront,1,year", "No Upfront,999999999,year", "unreadable term"),
    ],
)
def test_unusable_rates_are_rejected(tmp_path: Path, old: str, new: str, reason: str) -> None:
    text = (FIXTURES / "aws_savings_plans.csv").read_text()
    lines = [x.replace(old, new) if "p5.48xlarge" in x else x for x in text.splitlines()]
    found = parsed(tmp_path, "\n".join(lines) + "\n")
    assert found.rejected.column("reason").to_pylist() == [reason]


def test_older_files_without_region_and_type_are_schema_drift(tmp_path: Path) -> None:
    text = (FIXTURES / "aws_savings_plans.csv").read_text()
    with pytest.raises(SchemaDrift, match="DiscountedInstanceType, DiscountedRegionCode"):
        parsed(tmp_path, text.replace(",DiscountedRegionCode,DiscountedInstanceType", ""))


def test_nothing_new_is_unchanged(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1", "eu-west-1"))
    first = pull_all(aws_savings_plans, ask)
    assert [p.unchanged for p in first] == [False, False]
    assert [p.unchanged for p in pull_all(aws_savings_plans, remembered(ask, first))] == [True, True]
    assert [p.name for p in tmp_path.iterdir()] == ["AmazonEC2.currentSavingsPlanIndexUrl.json"]
