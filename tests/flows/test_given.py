"""What costwatt.toml gives reaches the figures: discounts, measurements, and names that are checked."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest

from connectors.errors import UsageError
from flows.config_tables import DemandProfile, Discount, GateException, Measured, Range, Scenario
from flows.given import check_names, load_given
from flows.reference import open_reference
from flows.settings import Settings

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
    assert con.execute("from landing.given_discount").fetchall() == [("aws", "*", "p5*", 0.2)]
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
        ({"assumptions": {"maintenance_ratio": Range(value=5)}}, r"maintenance_ratio\] reaches 5: a share of 0 to 1"),
        (
            {"assumptions": {"hardware_life_years": Range(value=5, low=0)}},
            r"hardware_life_years\] reaches 0 years: give more than 0",
        ),
        (
            {"discount": [Discount(discount_ratio=0.1), Discount(provider="azuer", discount_ratio=0.1)]},
            r"\[discount.2\] provider = 'azuer': not known; near names: azure",
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
        {"gate_exceptions": [GateException(check="rows", source=name, reason="cut") for name in ("*", "aws_*")]},
    ],
)
def test_words_patterns_and_far_regions_pass(given: dict[str, Any]) -> None:
    check_names(Settings(**given))
