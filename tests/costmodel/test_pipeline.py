"""Pipelines across nodes, for models that no single node holds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel import serving
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
