"""What costwatt.toml gives reaches the figures: discounts, measurements, and names that are checked."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import duckdb
import pytest

from connectors import aws_capacity_blocks, aws_query_plans, azure_meters, token_catalogue
from connectors.errors import UsageError
from flows.config_tables import DemandProfile, Discount, GateException, Measured, Range, Scenario
from flows.discounts import PURCHASE_OPTIONS, TIERS
from flows.given import load_given
from flows.given_checks import check_names, replaced_scenarios
from flows.reference import open_reference
from flows.settings import Settings, load_settings
from tests.flows.conftest import Night
from tests.seed_tables import rows

SERVICE = {"requests_per_day": 1000, "input_tokens": 100, "output_tokens": 50}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:")
    con.execute("create schema landing")
    return con


def test_every_table_is_there_though_nothing_is_given(con: duckdb.DuckDBPyConnection) -> None:
    load_given(con, Settings())
    for table in ("given_scenario", "given_demand_profile", "given_assumption", "given_discount", "given_measured"):
        assert con.execute(f"select count(*) from landing.{table}").fetchone() == (0,)


def test_a_figure_without_interval_is_exact(con: duckdb.DuckDBPyConnection) -> None:
    load_given(con, Settings(assumptions={"cost_of_capital_ratio": Range(value=0.08)}))
    assert con.execute("from landing.given_assumption").fetchall() == [("cost_of_capital_ratio", 0.08, 0.08, 0.08)]


def test_discounts_and_measurements_keep_their_units(con: duckdb.DuckDBPyConnection) -> None:
    measured = Measured.model_validate(
        {
            "model": "llama-3.1-70b",
            "accelerator": "h100-sxm",
            "precision": "fp8",
            "count": 4,
            "input": 1155,
            "output": 211,
            "tok_s": 3000,
            "itl_ms": 30,
        }
    )
    given = Settings(discount=[Discount(provider="aws", sku="p5*", discount_ratio=0.2)], measured=[measured])
    load_given(con, given)
    assert con.execute("from landing.given_discount").fetchall() == [("rent", "aws", "*", "p5*", 0.2, None, None)]
    assert con.execute("select accelerators, output_tok_s, itl_ms, group_w from landing.given_measured").fetchall() == [
        (4.0, 3000.0, 30.0, None)
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"scenarios": {"mine": Scenario(model="llama-9", **SERVICE)}}, r"\[scenarios.mine\] model = 'llama-9'"),
        (
            {"scenarios": {"mine": Scenario(model="qwen3-32b", demand_profile="odd", **SERVICE)}},
            r"\[scenarios.mine\] demand_profile = 'odd'",
        ),
        (
            {"assumptions": {"cost_of_captial_ratio": Range(value=0.1)}},
            r"\[assumptions\] 'cost_of_captial_ratio': not known; near names: cost_of_capital_ratio",
        ),
        (
            {"assumptions": {"cost_of_capital_ratio": Range(value=8)}},
            r"cost_of_capital_ratio\] reaches 8: expected 0 to 1 \[ratio\]; 8 % is 0.08",
        ),
        (
            {"assumptions": {"hardware_life_years": Range(value=5, low=0)}},
            r"hardware_life_years\] reaches 0: expected 0.1 to 100 \[year\]",
        ),
        ({"assumptions": {"software_switch": Range(value=0.5)}}, r"software_switch\]: expected 0 or 1, without an"),
        ({"assumptions": {"software_switch": Range(value=0, high=1)}}, r"software_switch\]: expected 0 or 1, without"),
        ({"assumptions": {"economic_depreciation_switch": Range(value=7)}}, r"_switch\]: expected 0 or 1, without"),
        (
            {"discount": [Discount(discount_ratio=0.1), Discount(provider="azuer", discount_ratio=0.1)]},
            r"\[discount.2\] provider = 'azuer': not known; near names: azure",
        ),
        (
            {"discount": [Discount(provider="openai", discount_ratio=0.1)]},
            "provider = 'openai': not known; one of aws, azure; these are of rents: product = .tokens., .egress., .sto",
        ),
        (
            {"discount": [Discount(product="egress", provider="openai", discount_ratio=0.1)]},
            r"\[discount.1\] provider = 'openai': not known; one of aws, azure$",
        ),
        (
            {"discount": [Discount(product="tokens", provider="openia", discount_ratio=0.1)]},
            r"\[discount.1\] provider = 'openia': not known; near names: openai",
        ),
        (
            {"discount": [Discount(product="tokens", provider="azure", discount_ratio=0.1)]},
            r"\[discount.1\] provider = 'azure': not known; one of anthropic, aws, ",
        ),
        (
            {"discount": [Discount(product="tokens", provider="aws", purchase_option="on_demand", discount_ratio=0.1)]},
            "purchase_option of aws = 'on_demand': not known; one of batch, standard$",
        ),
        (
            {"discount": [Discount(product="tokens", provider="openai", sku="gpt4o", discount_ratio=0.1)]},
            "sku of openai = 'gpt4o': not known; near names: .*gpt-4o",
        ),
        (
            {"discount": [Discount(product="tokens", sku="p5.48xlarge", discount_ratio=0.1)]},
            "sku of [0-9]+ providers = 'p5.48xlarge': not known; the names stand in sql/seeds/token_model.csv",
        ),
        (
            {"discount": [Discount(product="*", provider="openai", purchase_option="spot", discount_ratio=0.1)]},
            "purchase_option of openai = 'spot': not known; one of batch, standard$",
        ),
        (
            {"discount": [Discount(purchase_option="ondemand", discount_ratio=0.1)]},
            r"\[discount.1\] purchase_option of aws, azure = 'ondemand': not known; near names: on_demand",
        ),
        (
            {"discount": [Discount(provider="aws", purchase_option="reserved_1y", discount_ratio=0.1)]},
            "purchase_option of aws = 'reserved_1y': not known; near names: .*reserved_1y_no_upfront",
        ),
        (
            {"discount": [Discount(purchase_option="mix", discount_ratio=0.1)]},
            r"purchase_option of aws, azure = 'mix': not known",
        ),
        (
            {"discount": [Discount(provider="azure", sku="p5*", discount_ratio=0.1)]},
            r"\[discount.1\] sku of azure = 'p5\*': not known; the names stand in sql/seeds/node_type.csv",
        ),
        (
            {"discount": [Discount(provider="aws", sku="p5.48xlarg", discount_ratio=0.1)]},
            "sku of aws = 'p5.48xlarg': not known; near names: p5.48xlarge",
        ),
        (
            {"gate_exceptions": [GateException(check="price", source="azure_pirces", reason="cut")]},
            r"\[gate_exceptions.1\] source = 'azure_pirces': not known; near names: azure_prices",
        ),
        ({"aws_regions": "us-esat-1"}, r"aws_regions 'us-esat-1': not known; near names: .*us-east-1"),
        ({"azure_regions": ("us-east-1",)}, r"azure_regions 'us-east-1': not known"),
        ({"aws_regions": "all,us-east-1"}, r"aws_regions 'all': not known"),
    ],
)
def test_what_no_table_admits_is_refused(given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told) as error:
        check_names(Settings(**given))
    assert "\n" not in str(error.value)
    with pytest.raises(UsageError, match=told):  # a what-if too
        open_reference(Settings(**given))


#: What something is divided by, in the cost model.
DIVISORS = {
    "hardware_life_years", "building_life_years", "nodes_per_fte", "training_mfu_ratio", "training_fp8_mfu_ratio",
    "training_goodput_ratio", "training_model_life_days", "power_error_ratio",
}  # fmt: skip


@pytest.mark.parametrize("row", rows("assumption"), ids=lambda row: row["assumption"])
def test_an_assumption_has_bounds_of_its_own(row: dict[str, str]) -> None:
    name, least, greatest = row["assumption"], float(row["least"]), float(row["greatest"])
    assert least <= float(row["low"])
    assert float(row["high"]) <= greatest
    assert (least > 0) == (name in DIVISORS)
    if name.endswith("_switch"):
        assert (least, greatest) == (0, 1)
    for edge in (least, greatest):
        check_names(Settings(assumptions={name: Range(value=edge)}))
    for beyond in (1e-300, 0.0, greatest * 1.01):
        if not least <= beyond <= greatest:
            with pytest.raises(UsageError, match=rf"^costwatt.toml, \[assumptions.{name}\].* expected"):
                check_names(Settings(assumptions={name: Range(value=beyond)}))
    with pytest.raises(UsageError, match=rf"^costwatt.toml, \[assumptions.{name}\].* expected"):
        check_names(Settings(assumptions={name: Range(value=greatest, high=greatest * 1.01)}))


def test_a_scenario_in_place_of_a_built_in_one_is_told() -> None:
    mine = Scenario(model="qwen3-32b", **SERVICE)
    assert replaced_scenarios(Settings(scenarios={"mine": mine})) == []
    replacing = Settings(scenarios={"mine": mine, "dialogue-llama-70b": mine})
    assert replaced_scenarios(replacing) == ["dialogue-llama-70b"]


OFFICE = DemandProfile(requests_by_hour=[1.0] * 12 + [3.0] * 12)


def test_a_built_in_profile_cannot_be_given_another_shape() -> None:
    for taken in ("flat", "regional-day"):
        with pytest.raises(UsageError, match=rf"^costwatt.toml, \[demand_profiles.{taken}\]: a built-in profile has"):
            check_names(Settings(demand_profiles={taken: OFFICE}))


def test_a_scenario_names_a_profile_that_there_is() -> None:
    mine = Scenario(model="qwen3-32b", demand_profile="ofice", **SERVICE)
    told = r"\[scenarios.mine\] demand_profile = 'ofice': not known; near names: office"
    with pytest.raises(UsageError, match=told):
        check_names(Settings(scenarios={"mine": mine}, demand_profiles={"office": OFFICE}))
    mine.demand_profile = "office"
    check_names(Settings(scenarios={"mine": mine}, demand_profiles={"office": OFFICE}))


def test_known_names_pass() -> None:
    check_names(Settings(scenarios={"mine": Scenario(model="qwen3-32b", **SERVICE)}))


@pytest.mark.parametrize(
    "given",
    [
        {"aws_regions": "all", "azure_regions": "accelerated"},
        {"aws_regions": "cn-north-1,us-gov-west-1", "azure_regions": "chinanorth3"},
        {"discount": [Discount(provider=name, discount_ratio=0.1) for name in ("*", "a*", "azure")]},
        {
            "discount": [
                Discount(provider="aws", purchase_option="reserved_3y_*_convertible", sku="p5.*", discount_ratio=0.1),
                Discount(provider="azure", purchase_option="reserved_5y", discount_ratio=0.1),
                Discount(purchase_option="savings_?y", sku="Standard_ND*", discount_ratio=0.1),
                Discount(product="tokens", provider="aws", purchase_option="batch", sku="meta.*", discount_ratio=0.1),
                Discount(product="egress", provider="azure", discount_ratio=0.1),
                Discount(product="*", provider="aws", purchase_option="standard", discount_ratio=0.1),
                Discount(product="*", provider="openai", sku="gpt-4o", discount_ratio=0.1),
                Discount(product="*", provider="a*", sku="p5.*", discount_ratio=0.1),
            ]
        },
        {"gate_exceptions": [GateException(check="rows", source=name, reason="cut") for name in ("*", "aws_*")]},
    ],
)
def test_words_patterns_and_far_regions_pass(given: dict[str, Any]) -> None:
    check_names(Settings(**given))


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"product": "compute"},
            "setting discount.1.product: Input should be 'rent', 'tokens', 'egress', 'storage' or",
        ),
        (
            {"product": "egress", "sku": "p5*"},
            "setting discount.1: egress has neither purchase_option nor sku; leave them out",
        ),
        ({"product": "storage", "purchase_option": "spot"}, "setting discount.1: storage has neither purchase_option"),
        (
            {"valid_from": "2027-01-02", "valid_until": "2027-01-01"},
            "setting discount.1: valid_until 2027-01-01 is before valid_from 2027-01-02",
        ),
        ({"valid_from": 20270101}, r"setting discount.1.valid_from: expected a date, YYYY-MM-DD \(got 20270101\)"),
        ({"valid_til": "2027-01-01"}, "setting discount.1.valid_til: no such key; near names: valid_until"),
    ],
)
def test_a_discount_that_can_mean_nothing_is_refused_in_one_line(
    given: dict[str, Any], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COSTWATT_DISCOUNT", json.dumps([{"discount_ratio": 0.1} | given]))
    with pytest.raises(UsageError, match=told) as error:
        load_settings()
    assert "\n" not in str(error.value)


def test_a_discount_of_one_day_and_one_of_everything_are_taken(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_day = {"product": "egress", "discount_ratio": 0.1, "valid_from": "2027-01-01", "valid_until": "2027-01-01"}
    monkeypatch.setenv(
        "COSTWATT_DISCOUNT", json.dumps([one_day, {"product": "*", "sku": "p5*", "discount_ratio": 0.2}])
    )
    load_given(con, load_settings())
    day = date(2027, 1, 1)
    assert con.execute("from landing.given_discount").fetchall() == [
        ("egress", "*", "*", "*", 0.1, day, day),
        ("*", "*", "*", "p5*", 0.2, None, None),
    ]


def test_a_tier_of_tokens_has_one_name_everywhere() -> None:
    assert set(TIERS) == {token_catalogue.STANDARD, token_catalogue.BATCH}


def test_a_discount_may_name_every_purchase_option_that_a_provider_has() -> None:
    terms = set(azure_meters.TERM_YEARS.values())
    azure = {azure_meters.ON_DEMAND, azure_meters.SPOT}
    azure |= {f"{kind}_{years}y" for kind in (azure_meters.RESERVED, azure_meters.SAVINGS) for years in terms}
    assert set(PURCHASE_OPTIONS["azure"]) == azure
    payments = {name for name, _ in aws_query_plans.PAYMENTS.values()}
    aws = {"on_demand", "spot", *aws_capacity_blocks.OPTIONS.values()}
    aws |= {f"reserved_{y}y_{paid}{kind}" for y in (1, 3) for paid in payments for kind in ("", "_convertible")}
    aws |= {f"savings_{p}_{y}y_{paid}" for p in aws_query_plans.PLANS.values() for y in (1, 3) for paid in payments}
    assert set(PURCHASE_OPTIONS["aws"]) == aws


@pytest.mark.night
def test_every_rent_of_a_night_can_be_named_by_a_discount(live_night: Night) -> None:
    sold = live_night.rows(
        "select distinct provider, purchase_option from option where deployment = 'cloud' and purchase_option <> 'mix'"
    )
    assert len(sold) > 10
    assert not [one for one in sold if one[1] not in PURCHASE_OPTIONS[str(one[0])]]
