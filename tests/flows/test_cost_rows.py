"""What a cost row says of itself: whether it is ranked, how old and how live its prices are, and why it has no cost."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from connectors import aws_capacity_blocks
from flows.costing import BLOCK_NODES, cost_rows
from flows.decisions.commitment import commitment_rows
from flows.reference import Reference
from flows.settings import Settings
from flows.what_if import Throughput, choose_scenario, plan
from tests.flows.small_tables import NIGHT, SHAPE, Row, made, tables

SEPTEMBER, AUGUST, JULY = (date(2026, month, 1) for month in (9, 8, 7))
NOTHING: Row = {}


def cost_row(
    cost: Row = NOTHING,
    option: Row = NOTHING,
    scenario: Row = NOTHING,
    service: Row = NOTHING,
    tariff: Row = NOTHING,
) -> dict[str, Any]:
    """The row of one option that costs 100 USD a day, all of it rent but for what `cost` gives."""
    other_usd = sum(usd for name, usd in cost.items() if name.endswith("_usd"))
    (row,) = made(
        "cost_row",
        option_cost=[{**cost, "rental_usd": 100.0 - other_usd}],
        opt_all=[option],
        stg_scenario=[scenario],
        opt_service_price=[service],
        opt_tariff=[tariff, {"kind": "wholesale", "tariff_origin": "bundled", "observed_date": JULY}],
    )
    assert row["usd_per_day"] == 100
    return row


@pytest.mark.parametrize(
    ("of", "change", "rankable"),
    [
        ("option", {"purchase_option": "on_demand"}, True),
        ("option", {"purchase_option": "spot"}, False),
        ("option", {"quality": "undocumented"}, False),
        ("cost", {"status": "misses_latency"}, False),
        ("cost", {"status": "capacity_unknown"}, False),
        ("cost", {"evidence": "physics"}, False),
        ("cost", {"evidence": "family"}, True),
        ("cost", {"equivalence": "substitute"}, False),
        ("cost", {"equivalence": "other_precision"}, False),
    ],
)
def test_only_comparable_rows_are_ranked(of: str, change: Row, rankable: bool) -> None:
    assert cost_row(**{of: change})["is_rankable"] is rankable


def test_spot_is_ranked_where_a_scenario_bears_interruption() -> None:
    assert cost_row(option={"purchase_option": "spot"}, scenario={"interruption_tolerated": True})["is_rankable"]


LAST_KNOWN: Row = {"price_origin": "last_known"}
BUNDLED: Row = {"price_origin": "bundled"}
BUNDLED_TARIFF: Row = {"tariff_origin": "bundled"}


STORAGE_5_USD = {"network_usd": 3.0, "storage_usd": 2.0}
STORAGE_6_USD = {"network_usd": 3.0, "storage_usd": 3.0}
ENERGY_5_USD = {"energy_usd": 4.0, "cooling_usd": 1.0}
ENERGY_6_USD = {"energy_usd": 4.0, "cooling_usd": 2.0}


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ({}, "live"),
        ({"option": LAST_KNOWN}, "last_known"),
        ({"option": BUNDLED}, "bundled"),
        ({"service": BUNDLED, "cost": STORAGE_5_USD}, "live"),
        ({"service": BUNDLED, "cost": STORAGE_6_USD}, "bundled"),
        ({"service": BUNDLED, "cost": STORAGE_6_USD, "option": LAST_KNOWN}, "bundled"),
        ({"service": LAST_KNOWN, "cost": STORAGE_5_USD}, "live"),
        ({"service": LAST_KNOWN, "cost": STORAGE_6_USD}, "last_known"),
        ({"tariff": BUNDLED_TARIFF, "cost": ENERGY_5_USD}, "live"),
        ({"tariff": BUNDLED_TARIFF, "cost": ENERGY_6_USD}, "bundled"),
        ({"tariff": BUNDLED_TARIFF, "cost": ENERGY_5_USD, "option": LAST_KNOWN}, "last_known"),
    ],
)
def test_the_origin_is_the_worst_of_the_components_above_a_twentieth(given: dict[str, Row], origin: str) -> None:
    assert cost_row(**given)["price_origin"] == origin


@pytest.mark.parametrize(
    ("cost", "priced_on", "shown", "age_days"),
    [
        (ENERGY_5_USD, NIGHT, NIGHT, 0),
        (ENERGY_6_USD, NIGHT, SEPTEMBER, 82),
        (ENERGY_6_USD, JULY, JULY, 144),
        (ENERGY_5_USD, JULY, JULY, 144),
        (STORAGE_5_USD, NIGHT, NIGHT, 0),
        (STORAGE_6_USD, NIGHT, AUGUST, 113),
        (ENERGY_6_USD | STORAGE_6_USD, NIGHT, AUGUST, 113),
    ],
)
def test_a_cost_is_as_old_as_its_oldest_price_of_weight(cost: Row, priced_on: date, shown: date, age_days: int) -> None:
    row = cost_row(
        cost, {"price_as_of": priced_on}, service={"price_as_of": AUGUST}, tariff={"observed_date": SEPTEMBER}
    )
    assert (row["price_as_of"], row["price_age_days"]) == (shown, age_days)


@pytest.mark.parametrize(
    ("deployment", "facility_usd", "shown"),
    [
        ("colocated", 5.0, NIGHT),
        ("colocated", 6.0, date(2024, 12, 1)),
        ("owned", 6.0, date(2025, 1, 1)),
        ("cloud", 6.0, NIGHT),
    ],
)
def test_rent_of_space_and_an_own_building_are_prices_of_their_own_date(
    deployment: str, facility_usd: float, shown: date
) -> None:
    assert cost_row({"facility_usd": facility_usd}, {"deployment": deployment})["price_as_of"] == shown


def of_one_option(
    options: list[Row], plan: Row, scenario: Row, token_model: Row = NOTHING
) -> tuple[Reference, dict[str, str]]:
    """The reference tables, and the FROM expressions that a cost is computed from."""
    names = {"scenario": "stg_scenario", "option": "opt_all", "assumption": "stg_assumption"}
    names |= {name: name for name in ("serving_plan", "token_model", "demand_profile")}
    given = {"stg_scenario": [scenario], "token_model": [token_model], "serving_plan": [plan]}
    reference = tables(Settings(), opt_all=options, **given)
    return reference, {table: reference[name] for table, name in names.items()}


def costed(
    options: list[Row], plan: Row = NOTHING, scenario: Row = NOTHING, token_model: Row = NOTHING
) -> dict[str, Any]:
    """Status and cost of one option, as the night and a what-if compute it."""
    reference, found = of_one_option(options, plan, scenario, token_model)
    with reference.con:
        ((row,),) = (part.to_pylist() for part in cost_rows(reference.con, found, draws=8))
    return dict(row)


def test_a_price_makes_a_cost() -> None:
    row = costed([{}])
    # one node at work and one spare, all day
    assert (row["status"], row["rental_usd"]) == ("ok", pytest.approx(2 * 24 * 55.04))


@pytest.mark.parametrize(
    ("option", "plan", "reason"),
    [
        ({"usd_per_hour": None}, {}, "no price is known"),
        ({"egress_usd_per_gb": None}, {}, "the region is in no table"),
        ({}, {"replica_seconds_per_request": None}, "an input of the cost is unknown"),
        ({"deployment": "owned", "server_price_usd": 2.7e5}, {}, "no electricity tariff is known"),
    ],
)
def test_an_unknown_price_is_no_cost_and_says_which(option: Row, plan: Row, reason: str) -> None:
    row = costed([option], plan)
    assert (row["status"], row["status_reason"], row["usd_per_day"]) == ("no_price", reason, None)


@pytest.mark.parametrize(
    ("bought", "requests_per_day", "plan", "told"),
    [
        ("capacity_block_1d", 1e3, {}, ("capacity_unknown", "a block was quoted for 1 node, the fleet needs 2")),
        # a billion requests of a second each, four at a time on a node that is planned for 80 % of that, and a spare
        ("capacity_block_7d", 1e9, {}, ("capacity_unknown", "a block was quoted for 1 node, the fleet needs 3,618")),
        ("capacity_block_1d", 1e3, {"status": "misses_latency"}, ("misses_latency", None)),
        ("on_demand", 1e9, {}, ("ok", None)),
    ],
)
def test_a_quote_for_one_node_is_no_word_on_a_fleet(
    bought: str, requests_per_day: float, plan: Row, told: tuple[str, str | None]
) -> None:
    row = costed([{"purchase_option": bought}], plan, {"requests_per_day": requests_per_day})
    assert (row["status"], row["status_reason"]) == told
    assert row["rental_usd"] == pytest.approx(row["nodes_peak"] * 24 * 55.04)
    assert aws_capacity_blocks.NODES == BLOCK_NODES == 1


API: Row = {
    "option_id": "api/aws/global/llama/standard",
    "deployment": "api",
    "billing": "tokens",
    "provider": "aws",
    "sku": "llama",
    "purchase_option": "standard",
    "usd_per_million_input_tokens": 1.0,
    "usd_per_million_output_tokens": 2.0,
}
FAST: Row = {"ttft_p95_ms": 1000.0, "itl_mean_ms": 50.0}


@pytest.mark.parametrize(
    ("served_in", "scenario", "equivalence", "unpublished"),
    [
        ("fp8", {}, "same_weights", None),
        ("fp8", FAST, "same_weights", "not published: latency"),
        ("fp8", {"allowed_precisions": "bf16"}, "other_precision", None),
        ("fp8", {"allowed_precisions": "bf16;fp8"}, "same_weights", None),
        ("unknown", {"allowed_precisions": "bf16"}, "same_weights", "not published: number format"),
        ("unknown", FAST, "same_weights", "not published: latency, number format"),
    ],
)
def test_an_api_serves_in_an_admitted_format_and_says_what_its_seller_does_not(
    served_in: str, scenario: Row, equivalence: str, unpublished: str | None
) -> None:
    row = costed([API], scenario=scenario, token_model={"precision": served_in})
    assert (row["status"], row["status_reason"], row["equivalence"]) == ("ok", unpublished, equivalence)
    assert row["precision"] == (None if served_in == "unknown" else served_in)
    # a thousand requests of 1,000 tokens in and 100 out
    assert row["tokens_usd"] == pytest.approx(1.0 + 0.2)


def test_another_model_in_another_format_is_another_model() -> None:
    row = costed([API], token_model={"precision": "bf16", "equivalence": "substitute"})
    assert row["equivalence"] == "substitute"


EIGHT_NODES = {"nodes_per_replica": 8.0, "replicas_per_node": 1.0}


@pytest.mark.parametrize(
    ("requests_per_day", "status"),
    [(1e12, "ok"), (1e14, "no_price")],  # replicas in the busiest hour: 1.4e7 and 1.4e9, of eight nodes each
)
def test_a_fleet_that_no_column_of_whole_numbers_holds_is_no_cost(requests_per_day: float, status: str) -> None:
    row = costed(
        [{"usd_per_hour": 0.01}],
        EIGHT_NODES,
        {"requests_per_day": requests_per_day},
    )
    assert row["status"] == status
    assert (row["nodes_peak"] is None) == (status != "ok")
    assert row["status_reason"] == (None if status == "ok" else "a figure is larger than its column holds")


@pytest.mark.parametrize(("requests_per_day", "rows"), [(1e12, 1), (1e14, 0)])
def test_a_commitment_that_no_column_of_whole_numbers_holds_is_left_out(requests_per_day: float, rows: int) -> None:
    mix = {"billing": "mix", "purchase_option": "mix", "usd_per_hour": 0.01, "on_demand_usd_per_hour": 0.02}
    mix |= {"upfront_usd": None, "term_hours": None, "source_key": "reserved_1y: x"}
    reference, found = of_one_option([mix], EIGHT_NODES, {"requests_per_day": requests_per_day})
    with reference.con:
        assert commitment_rows(reference.con, found).num_rows == rows


def test_a_fleet_of_one_node_is_the_block_that_was_quoted() -> None:
    row = costed([{"purchase_option": "capacity_block_1d"}], scenario={"spare_nodes": 0.0})
    assert (row["nodes_peak"], row["status"], row["status_reason"]) == (1, "ok", None)


def test_tokens_are_paid_at_the_tier_that_the_request_reaches() -> None:
    row = costed(
        [
            {
                "option_id": "api",
                "deployment": "api",
                "billing": "tokens",
                "sku": "llama",
                "accelerator": None,
                "tier_start_tokens": start,
                "usd_per_million_input_tokens": usd,
                "usd_per_million_output_tokens": usd,
            }
            for start, usd in ((0, 1.0), (1000, 2.0), (1001, 4.0))
        ]
    )
    # 1,000 requests of 1,000 + 100 tokens at 2 USD per million
    assert row["tokens_usd"] == pytest.approx(2.2)


@pytest.mark.parametrize(("count", "fraction"), [(8.0, 1.0), (1.0, 0.5)])
def test_a_measured_accelerator_runs_one_replica_each_and_a_part_of_one_as_much(count: float, fraction: float) -> None:
    shape = {**SHAPE, "accelerators_per_node": count, "accelerator_fraction": fraction}
    reference = tables(Settings(), night__option=[shape])
    reference["opt_all"] = reference["night.option"]
    with reference.con:
        choose_scenario(reference, "dialogue-llama-70b")
        served = plan(reference, measured=Throughput("h100-sxm", 500.0))["serving_plan"]
        found = reference.con.execute(f"select distinct replicas_per_node, evidence from {served}").fetchall()
    assert found == [(count * fraction, "measured")]
