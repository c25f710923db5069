from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.attribution import FACTORS, attribute, factor_of, settled
from costmodel.columns import INPUTS, PROFILE
from costmodel.evaluate import evaluate
from costmodel.uncertainty import Assumption
from tests.costmodel.options import BEDROCK, CLOUD, DGX_H100, FP8, columns, exact_assumptions, option

RATES = {"usd_per_unit": 1.08, "tariff_usd_per_unit": 1.08}
ON_DEMAND = ("on_demand_usd_per_hour", "list_on_demand_usd_per_hour")
BEFORE = columns([option(part, FP8, RATES) for part in (CLOUD, DGX_H100, BEDROCK)])


def changed(**factors: float) -> dict[str, np.ndarray]:
    """The second night: columns times factors."""
    return BEFORE | {name: BEFORE[name] * factor for name, factor in factors.items()}


def parts_of(after: dict[str, np.ndarray], assumptions: dict[str, Assumption] | None = None) -> dict[str, np.ndarray]:
    given_before = exact_assumptions()
    given_after = assumptions or given_before
    parts = attribute(BEFORE, after, given_before, given_after)
    old, new = (evaluate(r, a, draws=0)["usd_per_day"] for r, a in ((BEFORE, given_before), (after, given_after)))
    np.testing.assert_allclose(sum(parts.values()), new - old, atol=1e-8)
    return parts


def test_nothing_moved() -> None:
    parts = parts_of(BEFORE)
    assert tuple(parts) == FACTORS
    assert all((part == 0).all() for part in parts.values())


def test_a_price_moves_the_cloud_row_alone() -> None:
    parts = parts_of(changed(usd_per_hour=0.9))
    assert parts["price"] == pytest.approx([-0.1 * 11 * 24 * 55.04, 0, 0])
    assert all((parts[name] == 0).all() for name in FACTORS if name != "price")


def test_an_exchange_rate_moves_price_and_tariff_in_usd_but_neither_in_its_currency() -> None:
    stronger = 1.1
    after = changed(usd_per_unit=stronger, usd_per_hour=stronger, tariff_usd_per_unit=stronger, usd_per_kwh=stronger)
    parts = parts_of(after)
    base = evaluate(BEFORE, exact_assumptions(), draws=0)
    assert parts["exchange_rate"][0] == pytest.approx(0.1 * base["rental_usd"][0])
    assert parts["exchange_rate"][1] == pytest.approx(0.1 * (base["energy_usd"][1] + base["cooling_usd"][1]))
    assert parts["price"] == pytest.approx([0, 0, parts["price"][2]], abs=1e-9)
    assert parts["tariff"] == pytest.approx([0, 0, 0], abs=1e-9)


def test_what_was_negotiated_is_apart_from_what_the_list_moved() -> None:
    at_list = BEFORE | {"list_usd_per_hour": BEFORE["usd_per_hour"]}
    rent = 11 * 24 * 55.04

    def moved(before: dict[str, np.ndarray], **factors: float) -> dict[str, float]:
        after = at_list | {name: at_list[name] * factor for name, factor in factors.items()}
        parts = attribute(before, after, exact_assumptions(), exact_assumptions())
        return {name: part[0] for name, part in parts.items() if abs(part[0]) > 1e-9}

    assert moved(at_list, usd_per_hour=0.8) == pytest.approx({"discount": -0.2 * rent})
    assert moved(at_list, usd_per_hour=1.1, list_usd_per_hour=1.1) == pytest.approx({"price": 0.1 * rent})
    # a discount of 20 % on a list price that rose by 10 %: each part is the mean of both orders
    both = {"discount": -0.2 * (1 + 1.1) / 2 * rent, "price": 0.1 * (1 + 0.8) / 2 * rent}
    assert moved(at_list, usd_per_hour=0.88, list_usd_per_hour=1.1) == pytest.approx(both)
    negotiated = at_list | {"usd_per_hour": at_list["usd_per_hour"] * 0.8}
    assert moved(negotiated, usd_per_hour=0.88, list_usd_per_hour=1.1) == pytest.approx({"price": 0.08 * rent})


def test_a_discount_takes_the_prepayment_and_what_is_bought_on_demand_with_it() -> None:
    mix = option(CLOUD, FP8, billing="mix", usd_per_hour=30.0, upfront_usd=26280.0, term_hours=26280.0)
    before = columns([mix | {"list_usd_per_hour": 30.0, **dict.fromkeys(ON_DEMAND, 60.0)}])
    halved = {name: before[name] / 2 for name in ("usd_per_hour", "upfront_usd", "on_demand_usd_per_hour")}
    parts = attribute(before, before | halved, exact_assumptions(), exact_assumptions())
    rents = [evaluate(rows, exact_assumptions(), draws=0)["rental_usd"] for rows in (before, before | halved)]
    assert parts["discount"] == pytest.approx(rents[1] - rents[0])
    assert parts["discount"] == pytest.approx(-rents[0] / 2)
    assert all(part == 0 for name, part in parts.items() if name != "discount")


def test_a_discount_on_egress_disks_or_tokens_is_no_move_of_a_price() -> None:
    # what there is without one: cloud, colocated, api; a list price doubles on the day that the discount begins
    ratios = {"egress_discount_ratio": 0.2, "storage_discount_ratio": 0.5, "tokens_discount_ratio": 0.1}
    given = exact_assumptions()
    before = evaluate(BEFORE, given, draws=0)
    parts = parts_of({**BEFORE, **{name: np.full(3, ratio) for name, ratio in ratios.items()}})
    off = [0.2 * before["network_usd"][0] + 0.5 * before["storage_usd"][0], 0, 0.1 * before["tokens_usd"][2]]
    assert parts["discount"] == pytest.approx([-usd for usd in off])
    assert all((part == 0).all() for name, part in parts.items() if name != "discount")
    dearer = changed(usd_per_million_input_tokens=2, usd_per_million_output_tokens=2)
    both = parts_of({**dearer, "tokens_discount_ratio": np.full(3, 0.1)})
    # from 1 to 2 x .9: a price that doubles at the mean of 1 and .9 of it, and a tenth off the mean of 1 and 2
    assert both["price"][2] == pytest.approx(0.95 * before["tokens_usd"][2])
    assert both["discount"][2] == pytest.approx(-0.15 * before["tokens_usd"][2])


def test_the_interaction_of_two_factors_is_shared_equally() -> None:
    # twice the price and twice the requests: api cost doubles twice
    parts = parts_of(changed(usd_per_million_input_tokens=2, usd_per_million_output_tokens=2, requests_per_day=2))
    base = evaluate(BEFORE, exact_assumptions(), draws=0)["usd_per_day"][2]
    assert parts["price"][2] == pytest.approx(1.5 * base)
    assert parts["scenario"][2] == pytest.approx(1.5 * base)


def test_assumptions_and_plans_have_their_own_factors() -> None:
    dearer = exact_assumptions(cost_of_capital_ratio=0.12)
    parts = parts_of(changed(replica_seconds_per_request=1.3), dearer)
    assert parts["assumption"][1] > 0
    assert (parts["model"][:2] > 0).all()
    assert all(part[2] == 0 for part in parts.values())


def test_a_plan_that_follows_its_scenario_counts_as_scenario() -> None:
    after = changed(replica_seconds_per_request=1.3)
    given = exact_assumptions()
    parts = attribute(BEFORE, after, given, given, plan_factor="scenario")
    assert (parts["scenario"][:2] > 0).all()
    assert (parts["model"] == 0).all()


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0.5, 2.0), min_size=5, max_size=5))
def test_the_residual_is_zero_whatever_moves(factors: list[float]) -> None:
    names = ("usd_per_hour", "usd_per_kwh", "usd_per_unit", "replica_seconds_per_request", "output_tokens")
    given_after = exact_assumptions()
    given_after["maintenance_ratio"] = replace(given_after["maintenance_ratio"], value=0.06, high=0.06)
    parts_of(changed(**dict(zip(names, factors, strict=True))), given_after)


def test_settled_parts_sum_to_the_published_change() -> None:
    parts = parts_of(changed(usd_per_hour=0.937, replica_seconds_per_request=1.1))
    published = np.array([123.4567, -0.0001, 0.0])
    exact = settled(parts, published)
    assert np.round(sum(exact.values()), 4).tolist() == published.tolist()


def test_of_a_row_that_the_earlier_night_knew_less_of_the_whole_change_is_the_models() -> None:
    parts = parts_of(changed(usd_per_hour=0.937, replica_seconds_per_request=np.array([1.1, np.nan, 1.1])))
    found = settled(parts, np.array([123.4567, 5.0, 0.0]))
    assert {name: float(values[1]) for name, values in found.items() if values[1]} == {"model": 5.0}
    assert found["price"][0] < 0


COLUMNS_OF: dict[str, set[str]] = {
    "scenario": {
        "requests_per_day",
        "input_tokens",
        "output_tokens",
        "cache_hit_ratio",
        "peak_to_average_ratio",
        "min_replicas",
        "spare_nodes",
        "target_utilisation_ratio",
    },
    "model": {
        "replica_seconds_per_request",
        "replicas_per_node",
        "nodes_per_replica",
        "throughput_ratio_low",
        "throughput_ratio_high",
        "weights_gb",
        "node_idle_power_w",
        "node_load_power_w",
    },
    "price": {
        "usd_per_hour",
        "list_usd_per_hour",
        "on_demand_usd_per_hour",
        "list_on_demand_usd_per_hour",
        "upfront_usd",
        "term_hours",
        "egress_usd_per_gb",
        "storage_usd_per_gb_month",
        "server_price_usd",
        "server_price_usd_low",
        "server_price_usd_high",
        "usd_per_million_input_tokens",
        "usd_per_million_cached_tokens",
        "usd_per_million_output_tokens",
    },
    "discount": {"egress_discount_ratio", "storage_discount_ratio", "tokens_discount_ratio"},
    "tariff": {"usd_per_kwh", "usd_per_kwh_low", "usd_per_kwh_high", "demand_usd_per_kw_month"},
    "assumption": {
        "accelerators_per_node",
        "is_spot",
        "server_max_power_w",
        "pue_ratio",
        "pue_ratio_low",
        "pue_ratio_high",
        "grid_gco2_per_kwh",
    },
}


def test_every_input_belongs_to_the_factor_that_moves_it() -> None:
    found: dict[str, set[str]] = {}
    for name in (column.name for column in INPUTS):
        found.setdefault(factor_of(name), set()).add(name)
    assert found == COLUMNS_OF
    assert factor_of(PROFILE.name) == "scenario"
    # the plan's columns alone follow the scenario where only the requests changed
    follows = {name for name in COLUMNS_OF["model"] | COLUMNS_OF["price"] if factor_of(name, "scenario") == "scenario"}
    assert follows == COLUMNS_OF["model"]
