"""Token prices: per 1K and per 1M, tariffs left out, halves of a price, conflicts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.aws_bedrock import MARKETPLACE, OWN, aws_bedrock, token_partition
from connectors.aws_offer_json import OfferJson, _rates
from connectors.aws_offers import Offer, OfferFile
from connectors.drift import Rows
from connectors.records import Partition, TokenPrice, schema_of
from tests.connectors.aws import FIXTURES, ask_of, pull_all, remembered
from tests.fakes import aws_offer_json, aws_price_list
from tests.fakes.aws_world import World
from tests.fakes.server import Server


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([aws_price_list.fake()]) as running:
        yield running


def tokens(change: Callable[[dict[str, Any], dict[str, Any]], None]) -> Partition:
    """The partition of the fixture after a change to each product's attributes and rate."""
    document = json.loads((FIXTURES / "aws_bedrock.json").read_text())
    for sku, product in document["products"].items():
        (term,) = document["terms"]["OnDemand"][sku].values()
        change(product["attributes"], next(iter(term["priceDimensions"].values())))
    return parsed(OWN, document)


def parsed(offer: Offer, document: dict[str, Any]) -> Partition:
    file = OfferFile("us-east-1", document["version"], "https://prices.example/index.json")
    rates = tuple(_rates(document, Rows("", [])))
    return token_partition(offer, OfferJson(file, document["version"], datetime(2026, 9, 10, tzinfo=UTC), rates))


def prices(partition: Partition) -> dict[tuple[str, str], tuple[str | None, ...]]:
    columns = ("per_million_input", "per_million_cached_input", "per_million_output")
    return {
        (r["model"], r["tier"]): tuple(None if r[c] is None else str(r[c].normalize()) for c in columns)
        for r in partition.rows.to_pylist()
    }


def test_both_offers_come_out_per_million_tokens(server: Server, tmp_path: Path) -> None:
    own, marketplace = pull_all(
        aws_bedrock, ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1", "us-west-2"))
    )
    assert prices(own) == {
        ("NovaPro", "standard"): ("0.8", "0.2", "3.2"),
        ("Qwen3-32B", "standard"): ("0.15", None, "0.6"),
        ("Qwen3-32B", "batch"): ("0.075", None, "0.3"),
    }
    assert prices(marketplace) == {
        ("Claude Haiku 4.5", "standard"): ("1.1", "0.11", "5.5"),
        ("Claude Haiku 4.5", "batch"): ("0.55", None, "2.75"),
    }
    assert own.rows.schema == schema_of(TokenPrice)
    assert {r["region"] for r in own.rows.to_pylist()} == {"us-east-1"}


def test_other_tariffs_are_left_out_and_counted() -> None:
    found = tokens(lambda _attributes, _rate: None)
    assert found.dropped == {"another tariff or no text": 6, "no text model: input or output is not sold": 1}
    assert found.rejected.num_rows == 0


def test_two_prices_for_one_model_are_both_rejected() -> None:
    def rename(attributes: dict[str, Any], rate: dict[str, Any]) -> None:
        attributes["usagetype"] = attributes["usagetype"].replace("-flex", "")

    found = tokens(rename)
    assert found.rejected.to_pylist()[0]["key"] == "Qwen3-32B/standard/USD"
    assert found.rejected.column("reason").to_pylist() == ["conflict", "conflict"]
    assert ("Qwen3-32B", "standard") not in prices(found)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"unit": "tokens"}, "unknown unit"),
        ({"pricePerUnit": {"USD": "0.0000000000"}}, "price is not above 0"),
        ({"pricePerUnit": {"USD": "free"}}, "price is not above 0"),
    ],
)
def test_half_a_price_is_no_price(change: dict[str, Any], reason: str) -> None:
    def spoil(attributes: dict[str, Any], rate: dict[str, Any]) -> None:
        if attributes["usagetype"].endswith("NovaPro-output-tokens"):
            rate.update(change)

    found = tokens(spoil)
    assert found.rejected.column("reason").to_pylist() == [reason]
    assert ("NovaPro", "standard") not in prices(found)
    assert ("Qwen3-32B", "standard") in prices(found)


def test_a_price_per_million_is_not_multiplied_again() -> None:
    found = tokens(lambda _attributes, rate: rate.update(unit="1M tokens"))
    rows = {(r["model"], r["tier"]): r["per_million_output"] for r in found.rows.to_pylist()}
    assert rows["NovaPro", "standard"] == Decimal("0.0032")


@pytest.mark.parametrize(
    ("unit", "input_and_output"),
    [
        ("1M tokens", ("1.1", "5.5")),
        ("Million tokens", ("1.1", "5.5")),
        ("Units", ("1.1", "5.5")),  # of a million tokens each
        ("1K tokens", ("1100", "5500")),
    ],
)
def test_the_marketplace_counts_its_units_in_millions(unit: str, input_and_output: tuple[str, str]) -> None:
    document = aws_offer_json.document(MARKETPLACE.code, World(), "us-east-1")
    listed = json.loads(json.dumps(document).replace('"1M tokens"', f'"{unit}"'))
    haiku = parsed(MARKETPLACE, listed).rows.to_pylist()
    (row,) = [r for r in haiku if r["tier"] == "standard"]
    assert (row["per_million_input"], row["per_million_output"]) == tuple(map(Decimal, input_and_output))


def test_rates_listed_twice_are_no_conflict() -> None:
    document = json.loads((FIXTURES / "aws_bedrock.json").read_text())
    once = parsed(OWN, document)
    for terms in document["terms"]["OnDemand"].values():
        terms["AGAIN"] = next(iter(terms.values()))
    twice = parsed(OWN, document)
    assert (twice.rows, twice.rejected.num_rows) == (once.rows, 0)
    assert twice.dropped["duplicate"] == 8  # NovaPro's three, Qwen's four, and the embedding's one


def test_nothing_new_is_unchanged(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("eu-west-1",))
    second = pull_all(aws_bedrock, remembered(ask, pull_all(aws_bedrock, ask)))
    assert [p.unchanged for p in second] == [True, True]
