from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel.attribution import FACTORS, attribute, factor_of, settled
from costmodel.columns import INPUTS
from costmodel.evaluate import evaluate
from costmodel.uncertainty import Assumption
from tests.costmodel.options import BEDROCK, CLOUD, DGX_H100, FP8, columns, exact_assumptions, option

RATES = {"usd_per_unit": 1.08, "tariff_usd_per_unit": 1.08}
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


def test_every_column_has_a_factor() -> None:
    assert {factor_of(column.name) for column in INPUTS} <= set(FACTORS)
    assert factor_of("pue_ratio") == "assumption"
    assert factor_of("server_price_usd") == "price"
