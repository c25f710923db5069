"""The Query API as a second vote: equal to the price list, throttled, expired tokens."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask
from connectors.aws_prices import aws_prices
from connectors.aws_query_prices import aws_query_prices, query_partition
from connectors.errors import MissingCredentials, SourceUnavailable
from connectors.records import InstancePrice, schema_of
from tests.connectors.aws import FIXTURES, ask_of, prices_of, pull_all, signed, unsigned
from tests.fakes import aws_price_list, aws_pricing_api
from tests.fakes.aws_pricing_api import PricingApi
from tests.fakes.aws_world import TYPES, World
from tests.fakes.server import Server

SKUS = {"aws": frozenset(TYPES)}
FIXTURE = json.loads((FIXTURES / "aws_query_prices.json").read_text())


@pytest.fixture
def api() -> PricingApi:
    return PricingApi(World())


@pytest.fixture
def server(api: PricingApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    with Server([replace(aws_pricing_api.fake(), answer=api), aws_price_list.fake()]) as running:
        signed(monkeypatch, running)
        yield running


@pytest.fixture
def ask(server: Server, tmp_path: Path) -> Ask:
    return ask_of(server.url("aws-price-list"), tmp_path, skus=SKUS)


def test_public_and_credentialed_paths_give_equal_prices(ask: Ask) -> None:
    bulk = prices_of(pull_all(aws_prices, ask), "on_demand")
    assert prices_of(pull_all(aws_query_prices, ask), "on_demand") == bulk
    assert len(bulk) == 19


def test_one_partition_per_region(ask: Ask) -> None:
    found = pull_all(aws_query_prices, replace(ask, skus={"aws": frozenset({"p4d.24xlarge"})}))
    assert [(p.region, p.kind, p.rows.num_rows) for p in found] == [
        ("eu-central-1", "on_demand", 1),
        ("eu-west-1", "on_demand", 1),
        ("us-east-1", "on_demand", 1),
        ("us-west-2", "on_demand", 1),
    ]


def test_nothing_but_the_plain_linux_box() -> None:
    found = query_partition("us-east-1", FIXTURE, "https://pricing.example")
    assert {r["sku"]: str(r["price_per_hour"]) for r in found.rows.to_pylist()} == {
        "m5.xlarge": "0.1920000000",
        "p5.48xlarge": "55.0400000000",  # and not the capacity block's 0
    }
    assert sum(found.dropped.values()) == len(FIXTURE) - 2
    assert found.rejected.num_rows == 0
    assert found.rows.schema == schema_of(InstancePrice)


def test_two_products_for_one_type_are_both_rejected() -> None:
    text = json.dumps([p for p in FIXTURE if p["product"]["sku"] == "3D4V8UAYEMB38GU2"])
    twin = json.loads(text.replace("3D4V8UAYEMB38GU2", "ANOTHERSKU").replace("55.0400000000", "12.0"))
    found = query_partition("us-east-1", [*json.loads(text), *twin], "https://pricing.example")
    assert found.rejected.column("reason").to_pylist() == ["conflict", "conflict"]
    assert found.rows.num_rows == 0


def test_a_product_listed_twice_is_one_price() -> None:
    once = query_partition("us-east-1", FIXTURE, "https://pricing.example")
    twice = query_partition("us-east-1", [*FIXTURE, *FIXTURE], "https://pricing.example")
    assert (twice.rows, twice.rejected.num_rows) == (once.rows, 0)
    assert twice.dropped["duplicate"] == 2


def test_an_unreadable_price_names_its_type() -> None:
    text = json.dumps([p for p in FIXTURE if p["product"]["sku"] == "3D4V8UAYEMB38GU2"])
    found = query_partition("us-east-1", json.loads(text.replace("55.0400000000", "")), "https://pricing.example")
    assert found.rows.num_rows == 0
    assert found.rejected.column("key").to_pylist() == ["p5.48xlarge/3D4V8UAYEMB38GU2.JRTCKXETXF.6YS6EN2CT7"]


def test_throttling_and_an_expired_token_change_nothing(api: PricingApi, ask: Ask) -> None:
    undisturbed = prices_of(pull_all(aws_query_prices, ask), "on_demand")
    api.errors, api.expire_tokens = ["ThrottlingException"], 1
    assert prices_of(pull_all(aws_query_prices, ask), "on_demand") == undisturbed


@pytest.mark.parametrize("code", ["ExpiredTokenException", "AccessDeniedException"])
def test_bad_credentials_fail_the_source_and_no_price(api: PricingApi, ask: Ask, code: str) -> None:
    api.errors = [code]
    with pytest.raises(SourceUnavailable, match=code):
        pull_all(aws_query_prices, ask)


def test_a_listing_that_never_ends_its_tokens_fails(api: PricingApi, ask: Ask) -> None:
    api.expire_tokens = 99
    with pytest.raises(SourceUnavailable, match="ExpiredNextTokenException"):
        pull_all(aws_query_prices, ask)


def test_without_credentials_the_source_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)
    with pytest.raises(MissingCredentials):
        pull_all(aws_query_prices, ask_of("", tmp_path, skus=SKUS))


def test_prices_are_decimals(ask: Ask) -> None:
    assert prices_of(pull_all(aws_query_prices, ask), "on_demand")["us-east-1", "p4d.24xlarge", "on_demand"] == Decimal(
        "21.957642"
    )
