"""Savings plan rates from the API: equal to the price list's, page by page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connectors.aws_query_plans import aws_query_plans, rates_partition
from connectors.aws_savings_plans import aws_savings_plans
from connectors.errors import MissingCredentials
from tests.connectors.aws import FIXTURES, ask_of, prices_of, pull_all, rows_of, signed, unsigned
from tests.fakes import aws_ec2_api, aws_price_list, aws_pricing_api
from tests.fakes.server import Server

FIXTURE = json.loads((FIXTURES / "aws_query_plans.json").read_text())["searchResults"]


def test_api_and_file_give_equal_plans(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Server([aws_pricing_api.fake(), aws_ec2_api.fake(), aws_price_list.fake()]) as server:
        signed(monkeypatch, server)
        skus = {"aws": frozenset({"p5.48xlarge", "p4d.24xlarge"})}
        ask = ask_of(server.url("aws-price-list"), tmp_path, skus=skus, regions=("us-east-1", "eu-west-1"))
        api, file = pull_all(aws_query_plans, ask), pull_all(aws_savings_plans, ask)
    assert prices_of(api, "savings_plan") == prices_of(file, "savings_plan")
    paid = [
        {
            (r["sku"], r["purchase_option"]): (r["upfront"], r["list_per_hour"], r["term_hours"])
            for r in rows_of(found, "savings_plan")
            if r["region"] == "us-east-1"
        }
        for found in (api, file)
    ]
    assert paid[0] == paid[1]
    assert len(paid[0]) == 14


def test_reserved_capacity_is_no_box() -> None:
    found = rates_partition("us-east-1", FIXTURE, "https://savingsplans.example")
    assert (found.rows.num_rows, found.dropped) == (7, {"not a plain Linux box": 7})


@pytest.mark.parametrize("change", [{"rate": "0"}, {"rate": "low"}, {"unit": "vCPU-Hours"}])
def test_unusable_rates_are_rejected(change: dict[str, str]) -> None:
    found = rates_partition("us-east-1", [FIXTURE[0] | change], "https://savingsplans.example")
    assert found.rejected.column("reason").to_pylist() == ["unreadable rate"]
    assert found.rejected.column("key").to_pylist()[0].startswith("p5.48xlarge/")


def test_two_rates_for_one_plan_are_both_rejected() -> None:
    found = rates_partition("us-east-1", [*FIXTURE, FIXTURE[0] | {"rate": "1.0"}], "https://savingsplans.example")
    assert found.rejected.column("reason").to_pylist() == ["conflict", "conflict"]
    assert found.rows.num_rows == 6


def test_a_rate_listed_twice_is_one_price() -> None:
    once = rates_partition("us-east-1", FIXTURE, "https://savingsplans.example")
    twice = rates_partition("us-east-1", [*FIXTURE, *FIXTURE], "https://savingsplans.example")
    assert (twice.rows, twice.rejected.num_rows) == (once.rows, 0)
    assert twice.dropped == {"not a plain Linux box": 14, "duplicate": 7}


def test_without_credentials_the_source_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)
    with pytest.raises(MissingCredentials):
        aws_query_plans.plan(ask_of("", tmp_path))
