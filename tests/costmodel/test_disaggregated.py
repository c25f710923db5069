"""DeepSeek's published day from physics."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel import candidates, disaggregated, serving
from costmodel.serving_inputs import Workload
from costmodel.step_time import Rows
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


# By hand, for 100 sequences on each of the 144 accelerators: prompts of 4,000 tokens, half of them cached; 1,000 out.
ROUND = {
    "weight_bandwidth_efficiency": 0.8,
    "expert_bandwidth_efficiency": 0.5,
    "quantised_bandwidth_ratio": 0.5,
    "expert_imbalance_ratio": 1.25,
    "kv_bandwidth_efficiency": 0.5,
    "compute_efficiency": 0.5,
    "prefill_efficiency": 0.5,
    "link_efficiency": 0.5,
    "layer_overhead_ms": 0.05,
    "moe_layer_overhead_ms": 0.04,
    "sequence_overhead_ms": 0.06,
    "host_overhead_ratio": 0.5,
}
SEQUENCES = np.array([100.0])
# bytes that an accelerator reads: dense weights and the 16-bit head; 9/8 of the experts over 144; 70,272 B a token
DENSE_BYTES = 15_263_268_864 + 2 * 926_679_040
ROUTED_BYTES = 653_908_770_816 / 128
CACHE_BYTES = 100 * 4500 * 70_272
WEIGHTS_S = (DENSE_BYTES / 0.8 + ROUTED_BYTES / 0.5) / (0.5 * 3.35e12)
PRODUCTS_FLOP, ATTENTION_FLOP = 100 * 2 * 36_624_596_992, 100 * 4500 * 16_990_208
COMPUTE_S = PRODUCTS_FLOP / 1979e12 * 1.25 / 0.5
KV_CACHE_S = np.hypot(CACHE_BYTES / (0.5 * 3.35e12), ATTENTION_FLOP / 989e12 / 0.5)
# 8 experts of 17 nodes in 18, 3 bytes of 7,168 values on 58 layers, at half of 50 GB/s; 1.25 on the busiest
COMMUNICATION_S = 100 * 8 * 17 / 18 * 7168 * 3 * 58 * 1.25 / 25e9
# two micro-batches launch 61 layers and 58 of experts; half of .06 ms a sequence
OVERHEAD_S = 2 * (3.05e-3 + 2.32e-3) + 3e-3
# a new prompt token: 4 nodes, three of them remote; or its products and its attention to 3,000 tokens on average
EXCHANGED_S = 3 * 7168 * 3 * 58 * 1.25 / 25e9
PREFILLED_S = (2 * 36_624_596_992 / 1979e12 + 3000 * 4_997_120 / 989e12) / 0.5


def by_hand(scale_out_gbit_s: float = 3200.0, **workload: float) -> Rows:
    shape = {"input_tokens": 4000.0, "output_tokens": 1000.0, "cache_hit_ratio": 0.5, **workload}
    rows, _ = serving.prepare(*case("deepseek-v3", "h800-sxm", "fp8", scale_out_gbit_s=scale_out_gbit_s, **shape))
    return replace(rows, coefficients=replace(rows.coefficients, **{k: np.array([v]) for k, v in ROUND.items()}))


def test_a_decode_step_by_hand() -> None:
    step = disaggregated.decode_step(by_hand(), SEQUENCES)
    parts = [WEIGHTS_S, COMPUTE_S, KV_CACHE_S, COMMUNICATION_S, OVERHEAD_S]
    found = [step.weights_s, step.compute_s, step.kv_cache_s, step.communication_s, step.overhead_s]
    assert [part[0] for part in found] == pytest.approx(parts, rel=1e-6)
    # the exchange takes 47 ms, the computation that it hides 45 ms
    assert step.total_s[0] == pytest.approx(COMMUNICATION_S + OVERHEAD_S, rel=1e-6)
    moved_s = (DENSE_BYTES + ROUTED_BYTES + CACHE_BYTES) / 3.35e12
    computed_s = PRODUCTS_FLOP / 1979e12 + ATTENTION_FLOP / 989e12
    assert (step.memory_bandwidth_utilisation * step.total_s)[0] == pytest.approx(moved_s, rel=1e-6)
    assert (step.compute_utilisation * step.total_s)[0] == pytest.approx(computed_s, rel=1e-6)


def test_a_decode_step_on_a_faster_network_takes_its_computation() -> None:
    step = disaggregated.decode_step(by_hand(scale_out_gbit_s=6400.0), SEQUENCES)
    assert step.communication_s[0] == pytest.approx(COMMUNICATION_S / 2, rel=1e-6)
    computed_s = np.hypot(WEIGHTS_S, COMPUTE_S) + KV_CACHE_S
    assert step.total_s[0] == pytest.approx(computed_s + OVERHEAD_S, rel=1e-6)


@pytest.mark.parametrize(("network", "token_s"), [(3200.0, EXCHANGED_S), (6400.0, PREFILLED_S)])
def test_prefill_takes_its_exchange_or_its_computation_by_hand(network: float, token_s: float) -> None:
    rows = by_hand(scale_out_gbit_s=network)
    assert disaggregated.prefill_token_seconds(rows)[0] == pytest.approx(token_s, rel=1e-6)
    # 100 sequences of 2 new tokens per token out
    assert disaggregated.decode_step(rows, SEQUENCES).prefill_s[0] == pytest.approx(200 * token_s, rel=1e-6)
    # 2,000 tokens of its own, and behind others at 80 %: those who wait, wait 2.5 of them, x ln(.8 / .05) = 2.772589
    first_s = disaggregated.candidate(rows).ttft_s[0]
    assert first_s == pytest.approx(2000 * token_s * (1 + 2.5 * 2.772589), rel=1e-6)


def test_a_group_of_prefill_has_as_many_nodes_as_decoding_needs_and_four_at_least() -> None:
    fed = disaggregated.candidate(by_hand(), 144 * SEQUENCES)
    # 37.4 of 60.9 ms: 18 nodes of decode need 11.1 of prefill
    assert fed.nodes_per_replica[0] == 18 + 12
    unfed = disaggregated.candidate(by_hand(input_tokens=10.0), 144 * SEQUENCES)
    assert unfed.nodes_per_replica[0] == 18 + 4


def test_a_forced_batch_is_that_of_the_group() -> None:
    made = serving.plan(*case("deepseek-v3", "h800-sxm", "fp8", **DAY), batch=1440.0)
    assert (made.batch[0], made.expert_parallel[0]) == (1440, 144)
    assert made.output_tok_s_per_replica[0] == pytest.approx(1440 / made.itl_ms[0] * 1e3)


def test_the_least_network_of_the_plan_is_enough() -> None:
    inputs = case("deepseek-v3", "h800-sxm", "fp8", **{**DAY, "scale_out_gbit_s": 1600.0})
    assert serving.plan(*inputs).nodes_per_replica[0] >= 22
    below = inputs._replace(node=replace(inputs.node, scale_out_gbit_s=1599.0))
    assert serving.plan(*below).status[0] == "does_not_fit"
