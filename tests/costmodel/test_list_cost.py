"""The list cost of a rent: the same nodes and hours before a negotiated discount, whatever they are bought as."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.evaluate import evaluate
from costmodel.money import COMPONENTS
from tests.costmodel.options import BEDROCK, CLOUD, DGX_H100, FP8, columns, exact_assumptions, option

# 39 busy replicas in six hours, 13 in the others: 14 and 6 nodes
SIX_HOURS = np.where(np.arange(24) < 6, 2, 2 / 3) / 24
ON_DEMAND, COMMITTED = 100.0, 50.0  # list prices
YEAR = {"term_hours": 8760.0}
PURCHASES: dict[str, dict[str, Any]] = {
    "on_demand": {"billing": "autoscaled", "usd_per_hour": ON_DEMAND},
    "spot": {"billing": "autoscaled", "usd_per_hour": 30.0, "is_spot": 1.0},
    "reserved_1y_no_upfront": {"usd_per_hour": COMMITTED, **YEAR},
    "reserved_1y_partial_upfront": {"usd_per_hour": COMMITTED, "upfront_usd": 219e3, **YEAR},
    "reserved_1y_all_upfront": {"usd_per_hour": COMMITTED, "upfront_usd": 438e3, **YEAR},
    "savings_compute_1y_all_upfront": {"usd_per_hour": COMMITTED + 5, "upfront_usd": 481_800.0, **YEAR},
    "capacity_block_7d": {"usd_per_hour": COMMITTED, "upfront_usd": 8400.0, "term_hours": 168.0},
    "mix": {"billing": "mix", "usd_per_hour": COMMITTED, **YEAR},
    "mix_prepaid": {"billing": "mix", "usd_per_hour": COMMITTED, "upfront_usd": 438e3, **YEAR},
}


def bought(purchase: str, own: float = 0.0, on_demand: float = 0.0) -> dict[str, float]:
    """A day's figures with discounts on the purchase and on what is bought on demand beside it."""
    listed = PURCHASES[purchase]
    paid = {name: listed.get(name, 0.0) * (1 - own) for name in ("usd_per_hour", "upfront_usd")}
    prices = {
        "list_usd_per_hour": listed["usd_per_hour"],
        "on_demand_usd_per_hour": ON_DEMAND * (1 - on_demand),
        "list_on_demand_usd_per_hour": ON_DEMAND,
    }
    row = option(CLOUD, FP8, listed, paid, prices, peak_to_average_ratio=np.nan)
    figures = evaluate(columns([row], SIX_HOURS), exact_assumptions(warm_up_h=0.5), draws=0)
    return {name: values.item() for name, values in figures.items()}


@pytest.mark.parametrize("purchase", PURCHASES)
def test_without_a_discount_the_list_cost_is_the_cost(purchase: str) -> None:
    day = bought(purchase)
    assert day["list_usd_per_day"] == pytest.approx(day["usd_per_day"], rel=1e-12)


@pytest.mark.parametrize("purchase", PURCHASES)
def test_a_discount_on_everything_comes_off_the_whole_list_rent(purchase: str) -> None:
    day, listed = bought(purchase, own=0.2, on_demand=0.2), bought(purchase)
    assert day["node_hours_per_day"] == listed["node_hours_per_day"]
    assert day["rental_usd"] == pytest.approx(0.8 * listed["rental_usd"])
    assert day["list_usd_per_day"] == pytest.approx(listed["usd_per_day"])


@pytest.mark.parametrize("purchase", PURCHASES)
@pytest.mark.parametrize(("own", "on_demand"), [(0.2, 0.0), (0.0, 0.2), (0.4, 0.1)])
def test_a_discount_never_makes_the_list_cost_the_lower_one(purchase: str, own: float, on_demand: float) -> None:
    day = bought(purchase, own, on_demand)
    assert day["list_usd_per_day"] >= day["usd_per_day"] - 1e-9


def test_a_mix_lists_its_committed_nodes_and_its_hours_on_demand() -> None:
    day = bought("mix", own=0.2, on_demand=0.1)
    # 6 nodes all day; 8 more for six hours, each of which starts half an hour before
    assert (day["committed_nodes"], day["node_hours_per_day"]) == (6, 6 * 24 + 8 * 6 + 8 / 2)
    assert day["rental_usd"] == pytest.approx(6 * 24 * 40 + 52 * 90)
    assert day["list_usd_per_day"] - day["usd_per_day"] == pytest.approx(6 * 24 * 10 + 52 * 10)


def test_the_nodes_stay_those_that_the_negotiated_prices_chose() -> None:
    # at 20 USD/h on demand no node is worth a commitment of 50; listed, those hours cost five times as much
    day = bought("mix", on_demand=0.8)
    assert day["committed_nodes"] == 0
    assert day["list_usd_per_day"] - day["usd_per_day"] == pytest.approx(4 * day["rental_usd"])


def test_a_prepayment_is_listed_with_its_interest() -> None:
    free = evaluate_interest(0.0)
    dear = evaluate_interest(0.1)
    # 14 nodes; a year's prepayment of 438,000 USD a node at 10 % costs 4.85 % of interest, listed on all of it
    assert dear["list"] - free["list"] == pytest.approx(14 * 438e3 / 365 * 0.0485, rel=5e-3)
    assert dear["paid"] - free["paid"] == pytest.approx(0.7 * 14 * 438e3 / 365 * 0.0485, rel=5e-3)


def evaluate_interest(cost_of_capital_ratio: float) -> dict[str, float]:
    """Paid and listed cost of a prepayment with 30 % off."""
    listed = PURCHASES["reserved_1y_all_upfront"]
    paid = {"usd_per_hour": 0.7 * COMMITTED, "upfront_usd": 0.7 * 438e3, "list_usd_per_hour": COMMITTED}
    row = option(CLOUD, FP8, listed, paid, peak_to_average_ratio=np.nan)
    day = evaluate(columns([row], SIX_HOURS), exact_assumptions(cost_of_capital_ratio=cost_of_capital_ratio), draws=0)
    return {"paid": day["usd_per_day"].item(), "list": day["list_usd_per_day"].item()}


OTHERS = {"egress": "network_usd", "storage": "storage_usd", "tokens": "tokens_usd"}


@pytest.mark.parametrize("purchase", ["on_demand", "spot", "reserved_1y_all_upfront", "mix"])
@pytest.mark.parametrize("product", ["egress", "storage"])
def test_a_discount_on_egress_or_disks_moves_that_component_alone(purchase: str, product: str) -> None:
    rented = (PURCHASES[purchase], {"on_demand_usd_per_hour": ON_DEMAND})
    before, after = (
        one_day(option(CLOUD, FP8, *rented, {f"{product}_discount_ratio": ratio})) for ratio in (np.nan, 0.2)
    )
    assert moved_by(before, after) == {OTHERS[product]: pytest.approx(0.8)}
    assert after["list_usd_per_day"] == pytest.approx(before["usd_per_day"], rel=1e-12)


def test_a_discount_on_tokens_moves_an_api_alone() -> None:
    cached = {"usd_per_million_cached_tokens": 0.1, "cache_hit_ratio": 0.5}
    before, after = (one_day(option(BEDROCK, cached, tokens_discount_ratio=ratio)) for ratio in (np.nan, 0.2))
    assert moved_by(before, after) == {"tokens_usd": pytest.approx(0.8)}
    assert after["list_usd_per_day"] == pytest.approx(before["usd_per_day"], rel=1e-12)
    everything = dict.fromkeys(("egress_discount_ratio", "storage_discount_ratio", "tokens_discount_ratio"), 0.2)
    own = option(DGX_H100, FP8)
    assert one_day(own | everything) == one_day(own), "own traffic goes over one's own transit"


def test_every_discount_at_once_leaves_the_list_cost() -> None:
    paid = {"usd_per_hour": 0.9 * COMMITTED, "list_usd_per_hour": COMMITTED, "on_demand_usd_per_hour": 0.9 * ON_DEMAND}
    paid |= {"list_on_demand_usd_per_hour": ON_DEMAND, "egress_discount_ratio": 0.2, "storage_discount_ratio": 0.3}
    listed = {"on_demand_usd_per_hour": ON_DEMAND}
    before, after = (one_day(option(CLOUD, FP8, PURCHASES["mix"], prices)) for prices in (listed, paid))
    assert moved_by(before, after) == {
        "rental_usd": pytest.approx(0.9),
        "network_usd": pytest.approx(0.8),
        "storage_usd": pytest.approx(0.7),
    }
    assert after["list_usd_per_day"] == pytest.approx(before["usd_per_day"], rel=1e-12)


def one_day(row: dict[str, Any]) -> dict[str, float]:
    figures = evaluate(columns([row], SIX_HOURS), exact_assumptions(), draws=64)
    return {name: values.item() for name, values in figures.items() if np.isfinite(values.item())}


def moved_by(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    """Components that moved, with what they are multiplied by; as much moved at both ends of their intervals."""
    parts = [component.name for component in COMPONENTS]
    moved = {name: after[name] / before[name] for name in parts if after[name] != before[name]}
    for name, ratio in moved.items():
        for end in ("low", "high"):
            assert after[f"{name}_{end}"] == pytest.approx(ratio * before[f"{name}_{end}"], rel=1e-6)
    assert after["usd_per_day"] == pytest.approx(sum(after[name] for name in parts))
    return moved


def test_what_is_not_rented_has_one_price() -> None:
    rows = [option(DGX_H100, FP8), option(DGX_H100, FP8, deployment="owned"), option(BEDROCK)]
    day = evaluate(columns(rows), exact_assumptions(), draws=0)
    assert day["list_usd_per_day"].tolist() == day["usd_per_day"].tolist()
