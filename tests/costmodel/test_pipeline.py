"""Pipelines across nodes, for models that no single node holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel import pipeline, serving
from costmodel.candidates import Candidate
from costmodel.step_time import Rows, step_time
from tests.serving_cases import case, plan

NETWORK = {"scale_out_gbit_s": 3200.0}


def test_the_405b_in_16_bit_takes_two_nodes_of_h100() -> None:
    made = plan("llama-3.1-405b", "h100-sxm", "bf16", **NETWORK)
    assert made.status[0] == "ok"
    assert (made.nodes_per_replica[0], made.tensor_parallel[0], made.replicas_per_node[0]) == (2, 8, 1)
    assert made.evidence[0] == "prior"


@pytest.mark.parametrize(
    ("calibrated", "across"), [((0.8, 1.2), (1 / 1.5, 1.5)), ((0.5, 1.2), (0.5, 1.5)), ((0.8, 2.0), (1 / 1.5, 2.0))]
)
def test_throughput_across_nodes_is_known_within_half_at_best(
    calibrated: tuple[float, float], across: tuple[float, float]
) -> None:
    def interval(accelerator: str) -> tuple[float, float]:
        inputs = case("llama-3.1-405b", accelerator, "bf16", **NETWORK)
        low, high = (np.array([x]) for x in calibrated)
        ratios = replace(inputs.coefficients, throughput_ratio_low=low, throughput_ratio_high=high)
        made = serving.plan(*inputs._replace(coefficients=ratios))
        return made.throughput_ratio_low[0], made.throughput_ratio_high[0]

    assert interval("h100-sxm") == pytest.approx(across)
    assert interval("h200-sxm") == calibrated  # one node holds it


def test_a_model_that_fits_a_node_is_not_spread() -> None:
    made = plan("llama-3.1-405b", "h200-sxm", "bf16", **NETWORK)
    assert made.nodes_per_replica[0] == 1


@pytest.mark.parametrize("network", [np.nan, 400.0])
def test_a_slow_network_forbids_it(network: float) -> None:
    assert plan("llama-3.1-405b", "h100-sxm", "bf16", scale_out_gbit_s=network).status[0] == "does_not_fit"


def test_a_token_takes_the_whole_model_on_one_node() -> None:
    piped = plan("llama-3.1-405b", "h100-sxm", "bf16", **NETWORK)
    # the same micro-batch on a node of the same speed but with room for the whole model
    inputs = case("llama-3.1-405b", "h200-sxm", "bf16")
    slow = inputs.node.memory_bandwidth_gb_s * 3350.0 / 4800.0
    same = inputs._replace(node=replace(inputs.node, memory_bandwidth_gb_s=slow))
    alone = serving.plan(*same, tensor_parallel=8.0, batch=piped.batch / 2.0)
    assert alone.batch[0] == pytest.approx(piped.batch[0] / 2.0)
    assert piped.itl_ms[0] == pytest.approx(alone.itl_ms[0], rel=0.01)
    assert piped.output_tok_s_per_replica[0] == pytest.approx(2 * alone.output_tok_s_per_replica[0], rel=0.01)


def by_hand(**coefficients: float) -> Rows:
    """Give prompts of 1,000 tokens and answers of 500 on nodes of eight H100, with round coefficients."""
    round_ones = {
        "weight_bandwidth_efficiency": 0.8,
        "kv_bandwidth_efficiency": 0.5,
        "compute_efficiency": 0.5,
        "prefill_efficiency": 0.5,
        "link_efficiency": 0.5,
        "collective_latency_ms": 0.01,
        "layer_overhead_ms": 0.04,
        "sequence_overhead_ms": 0.05,
        "prompt_overhead_ms": 5.0,
        "host_overhead_ratio": 0.5,
        **coefficients,
    }
    rows, _ = serving.prepare(
        *case("llama-3.1-405b", "h100-sxm", "bf16", input_tokens=1000.0, output_tokens=500.0, **NETWORK)
    )
    arrays = {name: np.array([value]) for name, value in round_ones.items()}
    return replace(rows, coefficients=replace(rows.coefficients, **arrays))


def forced(rows: Rows, stages: int, batch: float) -> Candidate:
    return pipeline.candidate(rows, stages, np.array([True]), batch)


def test_a_step_and_its_hops_by_hand() -> None:
    made = forced(by_hand(), stages=4, batch=32.0)
    # a micro-batch of 8, on each of eight accelerators: 16-bit weights and head; two FLOP per weight and token
    weights_bytes = 2 * (401_646_551_040 + 2_101_346_304) / 8
    products_s = 2 * 403_747_897_344 / 989e12
    attention_s = 1250 * 4 * 128 * 128 * 126 / 989e12  # of one token to 1,250 tokens
    cache_bytes = 1250 * 2 * 8 * 128 * 126 * 2  # eight key-value heads on eight accelerators, eight sequences
    weights_s = weights_bytes / 0.8 / 3.35e12
    kv_cache_s = np.hypot(cache_bytes / (0.5 * 3.35e12), attention_s / 0.5)
    # 16 prompt tokens a step, 500 tokens before each on average
    prefill_s = 16 * (products_s + 500 / 1250 * attention_s) / (8 * 0.5)
    # two all-reduces a layer of 24 tokens, three doublings, 14 / 8 of the bytes at half of 450 GB/s
    reduced_s = 2 * 126 * 3 * 0.01e-3 + 2 * 126 * 24 * 16_384 * 2 * 14 / 8 / 225e9
    # three hops of 24 tokens at half of 3,200 Gbit/s
    hops_s = 3 * 24 * 16_384 * 2 / 200e9
    overhead_s = 126 * 0.04e-3 + 0.5 * (8 * 0.05e-3 + (1 - np.exp(-8 / 500)) * 5e-3)
    total_s = np.hypot(weights_s, products_s / 0.5) + kv_cache_s + prefill_s + reduced_s + hops_s + overhead_s
    assert made.step.communication_s[0] == pytest.approx(reduced_s + hops_s, rel=1e-6)
    assert made.step.total_s[0] == pytest.approx(total_s, rel=1e-6)
    assert made.replica_seconds[0] == pytest.approx(500 * total_s / 32, rel=1e-6)


def test_hops_lower_what_the_step_uses() -> None:
    slow = by_hand(link_efficiency=1e-4)  # three hops of a micro-batch of 8 take 59 ms
    step = forced(slow, stages=4, batch=32.0).step
    alone = step_time(slow, np.array([8.0]), np.array([8.0]))
    hops_s = 3 * 24 * 16_384 * 2 / 400e9 / 1e-4
    assert step.total_s[0] - alone.total_s[0] == pytest.approx(hops_s, rel=1e-6)
    # the bytes and the FLOP are the same
    for name in ("memory_bandwidth_utilisation", "compute_utilisation"):
        used, used_alone = getattr(step, name)[0] * step.total_s[0], getattr(alone, name)[0] * alone.total_s[0]
        assert used == pytest.approx(used_alone, rel=1e-6), name
        assert getattr(step, name)[0] < getattr(alone, name)[0]


@pytest.mark.parametrize(("stages", "hops"), [(2, 1), (4, 3), (8, 7)])
def test_a_token_hops_once_less_than_there_are_stages(stages: int, hops: int) -> None:
    rows = by_hand()
    made = forced(rows, stages, batch=8.0 * stages)
    alone = step_time(rows, np.array([8.0]), np.array([8.0]))
    assert made.step.communication_s[0] - alone.communication_s[0] == pytest.approx(
        hops * 24 * 16_384 * 2 / 200e9, rel=1e-6
    )


def test_a_forced_batch_is_that_of_all_stages() -> None:
    made = serving.plan(*case("llama-3.1-405b", "h100-sxm", "bf16", **NETWORK), batch=24.0)
    assert (made.batch[0], made.nodes_per_replica[0]) == (24, 2)
    assert made.output_tok_s_per_replica[0] == pytest.approx(24 / made.itl_ms[0] * 1e3)


def test_the_least_network_between_stages_is_enough() -> None:
    at, below = (plan("llama-3.1-405b", "h100-sxm", "bf16", scale_out_gbit_s=g) for g in (1600.0, 1599.0))
    assert (at.status[0], below.status[0]) == ("ok", "does_not_fit")
