"""What a source's reader refuses is not what the source no longer sells."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

from connectors.aws_query_prices import query_partition
from connectors.records import InstancePrice, Partition, Rejected, TokenPrice
from flows.landing import part_folder, write_part
from tests.connectors.aws import FIXTURES
from tests.connectors.test_aws_services import egress, first_dimension
from tests.flows.nights import House, row

ONE, TWO, THREE = (date(2026, 11, day) for day in (19, 20, 21))
PRICES = "select sku, price_per_hour::varchar, price_origin, price_age_days from options.opt_instance_price order by 1"
SERVICES, TOKENS = ("+hist_service_price", "+hist_partition"), ("+hist_token_price", "+hist_partition")
H100, A100, L4 = "p5.48xlarge", "p4d.24xlarge", "g6.48xlarge"


def part(house: House, day: date, source: str, answer: Partition) -> None:
    write_part(part_folder(house.settings.paths.landing, day, source, answer.region), source, [answer])


def test_the_last_price_of_a_refused_row_stays_and_says_so(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    house.land(ONE, "aws_prices", "us-east-1", {H100: "55.04", A100: "21.96", L4: "13.35"})
    house.night(ONE)
    kept = [row("aws_prices", "us-east-1", "on_demand", A100, "21.96")]
    conflict = [Rejected.of(f"{H100}/on_demand/USD", "conflict", {"price": price}) for price in (55.04, 110.08)]
    answer = Partition.of(InstancePrice, kept, region="us-east-1", kind="on_demand", rejected=conflict)
    part(house, TWO, "aws_prices", answer)
    house.night(TWO)
    assert house.rows(PRICES) == [(A100, "21.9600000000", "live", 0), (H100, "55.0400000000", "last_known", 1)]
    told = house.rows("select reason, count(*) from gate.quarantine group by all order by all")
    assert told == [("conflict", 2), ("its last price stays: conflict", 1)]

    # the list with the conflict is still the one in force
    house.land_unchanged(THREE, "aws_prices", "us-east-1")
    house.night(THREE)
    assert house.rows(PRICES) == [(A100, "21.9600000000", "live", 0), (H100, "55.0400000000", "last_known", 2)]


def test_a_type_whose_rate_is_unreadable_keeps_its_price(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    for day, usd in ((ONE, "55.0400000000"), (TWO, "")):
        products = json.loads((FIXTURES / "aws_query_prices.json").read_text().replace("55.0400000000", usd))
        part(house, day, "aws_query_prices", query_partition("us-east-1", products, "https://pricing.example"))
        house.night(day)
    assert house.rows(PRICES) == [
        ("m5.xlarge", "0.1920000000", "live", 0),
        ("p5.48xlarge", "55.0400000000", "last_known", 1),
    ]


def test_an_unreadable_tier_does_not_make_the_next_one_the_first(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    part(house, ONE, "aws_services", egress(tmp_path, lambda _: None))
    house.night(ONE, select=SERVICES)
    spoiled = egress(tmp_path, lambda offer: first_dimension(offer).update(pricePerUnit={"USD": "n/a"}))
    part(house, TWO, "aws_services", spoiled)
    house.night(TWO, select=SERVICES)
    tiers = house.rows("select tier_start, valid_to from history.hist_service_price order by 1")
    assert tiers == [(0, None), (10240, None), (51200, None), (153600, None)]
    assert house.rows("select key from gate.quarantine where held") == [
        ("aws/eu-west-1/internet_egress/internet/GB/0.0/USD",)
    ]

    # a tier that a whole answer does not have is gone
    gone = egress(tmp_path, lambda _: None)
    part(house, THREE, "aws_services", dataclasses.replace(gone, rows=gone.rows.slice(1)))
    house.night(THREE, select=SERVICES)
    assert house.rows("select tier_start from history.hist_service_price where valid_to is not null") == [(0,)]


def token_price(model: str, cached: str | None = "1.25") -> TokenPrice:
    prices = Decimal("2.5"), None if cached is None else Decimal(cached), Decimal(10)
    return TokenPrice("azure", "global", model, "standard", 0, "USD", *prices, None, "list", "", "", "", None)


def test_the_last_price_of_a_refused_model_stays_and_that_of_another_does_not(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    both = [token_price("gpt-4o"), token_price("gpt-4.1")]
    part(house, ONE, "azure_tokens", Partition.of(TokenPrice, both, kind="tokens"))
    house.night(ONE, select=TOKENS)
    conflict = [Rejected.of("gpt-4o/global/standard", "input: conflict", {})]
    part(house, TWO, "azure_tokens", Partition.of(TokenPrice, [], kind="tokens", rejected=conflict))
    house.night(TWO, select=TOKENS)
    assert house.rows("select model, valid_to from history.hist_token_price order by 1") == [
        ("gpt-4.1", TWO),
        ("gpt-4o", None),
    ]


def test_a_model_that_the_row_alone_names_is_held(tmp_path: Path) -> None:
    """A meter of Bedrock is named by its rate code; its usage type has the model."""
    house = House.at(tmp_path)
    part(house, ONE, "aws_bedrock", Partition.of(TokenPrice, [token_price("Qwen3-32B")], kind="AmazonBedrock"))
    house.night(ONE, select=TOKENS)
    zero = [Rejected.of("SKU.T.R", "price is not above 0", {"usagetype": "USE1-Qwen3-32B-output-tokens"})]
    part(house, TWO, "aws_bedrock", Partition.of(TokenPrice, [], kind="AmazonBedrock", rejected=zero))
    house.night(TWO, select=TOKENS)
    assert house.rows("select valid_to from history.hist_token_price") == [(None,)]


def test_a_row_that_names_nothing_may_be_about_any_price_that_is_missing(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    house.land(ONE, "aws_prices", "us-east-1", {H100: "55.04", A100: "21.96"})
    house.night(ONE)
    kept = [row("aws_prices", "us-east-1", "on_demand", A100, "21.96")]
    nameless = [Rejected.of("", "unreadable: null", None)]
    answer = Partition.of(InstancePrice, kept, region="us-east-1", kind="on_demand", rejected=nameless)
    part(house, TWO, "aws_prices", answer)
    house.night(TWO)
    assert house.rows(PRICES) == [(A100, "21.9600000000", "live", 0), (H100, "55.0400000000", "last_known", 1)]


def test_a_token_price_that_names_no_model_may_be_about_any_that_is_missing(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    both = [token_price("gpt-4o"), token_price("gpt-4.1")]
    part(house, ONE, "azure_tokens", Partition.of(TokenPrice, both, kind="tokens"))
    house.night(ONE, select=TOKENS)
    nameless = [Rejected.of("", "unreadable: null", None)]
    part(house, TWO, "azure_tokens", Partition.of(TokenPrice, both[:1], kind="tokens", rejected=nameless))
    house.night(TWO, select=TOKENS)
    assert house.rows("select model, valid_to from history.hist_token_price order by 1") == [
        ("gpt-4.1", None),
        ("gpt-4o", None),
    ]
