"""DeepSeek's published day from physics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel import candidates, disaggregated, serving
from costmodel.serving_inputs import Workload
from tests.serving_cases import case

# 608 bn tokens in (56.25 % from the cache), 168 bn out, mean context 4,989; 20-22 token/s for each user
DAY = {
    "input_tokens": 3948.0,
    "output_tokens": 1090.9,
    "cache_hit_ratio": 0.5625,
    "itl_mean_ms": 50.0,
    "scale_out_gbit_s": 3200.0,
}
UTILISATION = 0.8


def test_both_phases_within_two_fifths_of_the_published_day() -> None:
    rows, _ = serving.prepare(*case("deepseek-v3", "h800-sxm", "fp8", **DAY))
    rates = disaggregated.rates(rows)
    assert rates.prefill_tok_s_per_node[0] * UTILISATION == pytest.approx(73_700, rel=0.4)
    assert rates.decode_tok_s_per_node[0] * UTILISATION == pytest.approx(14_800, rel=0.4)


def test_nodes_of_the_day_agree() -> None:
    rows, _ = serving.prepare(*case("deepseek-v3", "h800-sxm", "fp8", **DAY))
    rates = disaggregated.rates(rows)
    prefill = 608e9 / 86_400 / (rates.prefill_tok_s_per_node[0] * UTILISATION)
    decode = 168e9 / 86_400 / (rates.decode_tok_s_per_node[0] * UTILISATION)
    assert prefill + decode == pytest.approx(226.75, rel=0.2)


def test_the_plan_spans_nodes() -> None:
    made = serving.plan(*case("deepseek-v3", "h800-sxm", "fp8", **DAY))
    assert made.status[0] == "ok"
    assert made.expert_parallel[0] == 144
    assert 22 <= made.nodes_per_replica[0] <= 36
    assert made.replicas_per_node[0] == 1
    assert made.itl_ms[0] <= 50.0


@pytest.mark.parametrize("network", [np.nan, 400.0])
def test_a_slow_network_forbids_it(network: float) -> None:
    made = serving.plan(*case("deepseek-v3", "h800-sxm", "fp8", **{**DAY, "scale_out_gbit_s": network}))
    assert made.status[0] == "does_not_fit"  # 675 GB on 8 x 80


def test_models_that_were_not_run_so_do_not_spread_their_experts() -> None:
    made = serving.plan(*case("qwen3-235b-a22b", "h800-sxm", "fp8", **DAY))
    assert made.nodes_per_replica[0] == 1
    assert made.expert_parallel[0] <= 8


def test_a_forced_degree_leaves_plans_across_nodes_out() -> None:
    inputs = case("deepseek-v3", "h200-sxm", "fp8", **DAY)
    assert serving.plan(*inputs, tensor_parallel=8.0).nodes_per_replica[0] == 1


def test_a_slower_exchange_slows_prefill() -> None:
    inputs = case("deepseek-v3", "h800-sxm", "fp8", **DAY)
    rows, _ = serving.prepare(*inputs)
    half, _ = serving.prepare(*inputs._replace(node=replace(inputs.node, scale_out_gbit_s=1600.0)))
    fast, slow = (disaggregated.rates(each).prefill_tok_s_per_node[0] for each in (rows, half))
    assert slow == pytest.approx(fast / 2.0)


def demand(peak_requests_per_s: float, min_replicas: float = 2.0) -> serving.ServingPlan:
    """Plan the day's requests on nodes of eight H200, which hold the model alone, for a fleet of that size."""
    inputs = case("deepseek-v3", "h200-sxm", "fp8", **DAY)
    workload = replace(inputs.workload, peak_requests_per_s=peak_requests_per_s, min_replicas=min_replicas)
    return serving.plan(*inputs._replace(workload=workload))


def test_a_small_service_does_not_take_the_plan_of_a_large_one() -> None:
    vast, large, small = demand(np.inf), demand(2000.0), demand(1.0)
    assert vast.nodes_per_replica[0] == large.nodes_per_replica[0] >= 22
    assert small.nodes_per_replica[0] == 1
    # though a request takes more of the accelerators
    per_node = [made.replica_seconds_per_request[0] * made.nodes_per_replica[0] for made in (vast, small)]
    assert per_node[0] < per_node[1]


def test_nodes_of_the_busiest_hour_are_whole_replicas() -> None:
    """8 a second of a quarter second keep 2 replicas busy, planned at 80 % load 2.5, so 3; at least 2 at any hour."""
    workload = Workload(1.0, 1.0, peak_requests_per_s=np.array([8.0, 0.1, np.inf]), min_replicas=2.0)
    one = np.ones(3)
    spread = candidates.peak_nodes(workload, one / 4.0, replicas_per_node=one, nodes_per_replica=one * 22.0)
    assert spread.tolist() == [66.0, 44.0, np.inf]
    packed = candidates.peak_nodes(workload, one / 4.0, replicas_per_node=one * 2.0, nodes_per_replica=one)
    assert packed.tolist() == [2.0, 1.0, np.inf]


def test_a_rack_that_would_hold_the_spread_experts_is_not_calibrated() -> None:
    spread = serving.plan(*case("deepseek-v3", "b200-sxm", "fp8", **DAY))
    rack = serving.plan(*case("deepseek-v3", "b200-sxm", "fp8", accelerators=72, **DAY))
    assert (spread.evidence[0], rack.evidence[0]) == ("family", "prior")
    dense = serving.plan(*case("llama-3.1-70b", "b200-sxm", "fp8", accelerators=72))
    assert dense.evidence[0] == "measured"
