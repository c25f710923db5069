"""What costwatt.toml gives reaches the figures: discounts, measurements, and names that are checked."""

from __future__ import annotations

import duckdb
import pytest

from connectors.errors import UsageError
from flows.given import check_names, load_given
from flows.settings import Discount, Measured, Range, Scenario, Settings

SERVICE = {"requests_per_day": 1000, "input_tokens": 100, "output_tokens": 50}


@pytest.fixture
def con() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(":memory:")
    con.execute("create schema landing")
    return con


def test_every_table_is_there_though_nothing_is_given(con: duckdb.DuckDBPyConnection) -> None:
    load_given(con, Settings())
    for table in ("given_scenario", "given_assumption", "given_discount", "given_measured"):
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
    ],
)
def test_a_name_that_no_table_has_is_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        check_names(Settings(**given))


def test_known_names_pass() -> None:
    check_names(Settings(scenarios={"mine": Scenario(model="qwen3-32b", **SERVICE)}))
