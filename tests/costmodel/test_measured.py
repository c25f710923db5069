"""Own measurements override the physics only where they are of the same deployment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from costmodel import serving
from costmodel.measured import Measurement, override
from costmodel.serving import ServingPlan
from tests.serving_cases import case

INPUTS = case("llama-3.1-70b", "h100-sxm", "fp8", ttft_p95_ms=1000.0, itl_mean_ms=50.0)
PLAN = serving.plan(*INPUTS)


def measured(**changes: float) -> ServingPlan:
    values = {
        "accelerators": 4.0,
        "input_tokens": 1155.0,
        "output_tokens": 211.0,
        "output_tok_s": 2400.0,
        "itl_ms": 40.0,
        **changes,
    }
    return override(PLAN, Measurement(**{k: np.array([v]) for k, v in values.items()}), INPUTS.workload, INPUTS.node)


def test_the_measurement_takes_the_place_of_the_physics() -> None:
    made = measured(group_w=2000.0)
    assert made.evidence[0] == "measured"
    assert made.output_tok_s_per_replica[0] == 2400.0
    assert made.replica_seconds_per_request[0] == pytest.approx(211.1 / 2400.0)
    assert (made.tensor_parallel[0], made.replicas_per_node[0]) == (4, 2)
    assert made.batch[0] == pytest.approx(96.0)
    assert made.accelerator_watts[0] == 500.0
    assert made.throughput_ratio_high[0] / made.throughput_ratio_low[0] < 1.3


def test_watts_stay_from_physics_where_none_were_measured() -> None:
    assert measured().accelerator_watts[0] == PLAN.accelerator_watts[0]


@pytest.mark.parametrize("change", [{"input_tokens": 300.0}, {"output_tokens": 500.0}, {"accelerators": 16.0}])
def test_another_deployment_leaves_the_plan_alone(change: dict[str, float]) -> None:
    made = measured(**change)
    assert made.output_tok_s_per_replica[0] == PLAN.output_tok_s_per_replica[0]
    assert made.tensor_parallel[0] == PLAN.tensor_parallel[0]


def test_no_measurement_leaves_the_plan_alone() -> None:
    made = measured(accelerators=np.nan, input_tokens=np.nan, output_tokens=np.nan, output_tok_s=np.nan, itl_ms=np.nan)
    assert made.batch[0] == PLAN.batch[0]
    assert made.status[0] == "ok"


def test_a_slow_measurement_misses_the_target() -> None:
    made = measured(itl_ms=70.0)
    assert made.status[0] == "misses_latency"
    assert "slower" in made.status_reason[0]


LATE = "the planned first token comes later than the target"


@pytest.mark.parametrize(("over_planned", "told"), [(0.9, ("misses_latency", LATE)), (1.1, ("ok", ""))])
def test_the_planned_first_token_still_has_to_meet_its_target(over_planned: float, told: tuple[str, str]) -> None:
    workload = replace(INPUTS.workload, ttft_p95_ms=PLAN.ttft_ms * over_planned)
    fast = Measurement(*(np.array([x]) for x in (4.0, 1155.0, 211.0, 2400.0, 40.0)))
    made = override(PLAN, fast, workload, INPUTS.node)
    assert (made.status[0], made.status_reason[0]) == told


def test_a_measurement_on_one_node_replaces_a_plan_over_two() -> None:
    inputs = case("llama-3.1-405b", "h100-sxm", "bf16", scale_out_gbit_s=3200.0)
    piped = serving.plan(*inputs)
    assert piped.nodes_per_replica[0] == 2
    alone = Measurement(*(np.array([x]) for x in (8.0, 1154.7, 211.1, 900.0, 40.0)))
    made = override(piped, alone, inputs.workload, inputs.node)
    assert (made.nodes_per_replica[0], made.replicas_per_node[0], made.tensor_parallel[0]) == (1, 1, 8)
    assert (made.throughput_ratio_low[0], made.throughput_ratio_high[0]) == (0.9, 1.1)
