"""Own measurements in place of the physics."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from costmodel.serving import ServingPlan
from costmodel.serving_inputs import Node, Workload
from costmodel.types import Array, Flags, Numbers

#: Prompt and output of a measurement may differ this much from the scenario's, over the scenario's.
_LENGTH_TOLERANCE = 0.2

#: True over measured throughput: another day, another mix of requests.
_LOW, _HIGH = 0.9, 1.1


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured deployment per row of the plan (same model, accelerator and precision); NaN where there is none.

    Attributes:
        accelerators: Accelerators of the measured group.
        input_tokens: Prompt tokens per request [token].
        output_tokens: Output tokens per request [token].
        output_tok_s: Output tokens per second of the group at full load [token/s].
        itl_ms: Mean inter-token latency at that load [ms].
        group_w: Power of the group's accelerators [W]; NaN keeps the physics.
    """

    accelerators: Numbers
    input_tokens: Numbers
    output_tokens: Numbers
    output_tok_s: Numbers
    itl_ms: Numbers
    group_w: Numbers = np.nan


def override(plan: ServingPlan, measurement: Measurement, workload: Workload, node: Node) -> ServingPlan:
    """Put measurements in place of the plan where they fit the row: the group in the node, the lengths within 20 %.

    Time to first token stays as planned; the batch follows from Little's law.

    Args:
        plan: The plan from physics.
        measurement: Measurements, one per row or NaN.
        workload: Workload of each row.
        node: Node type of each row.
    """
    used = _fits(measurement, workload, node)
    slow = used & (np.asarray(measurement.itl_ms) > workload.itl_mean_ms)
    planned_late = np.asarray(plan.ttft_ms) > workload.ttft_p95_ms
    status = np.where(used, np.where(slow | planned_late, "misses_latency", "ok"), plan.status)
    late = np.where(planned_late, "the planned first token comes later than the target", "")
    late = np.where(slow, "the measured deployment is slower than the target", late)
    reason = np.where(used, late, plan.status_reason)

    def chosen(measured: Numbers, planned: Array) -> Array:
        return np.where(used, measured, planned)

    per_accelerator_w = np.asarray(measurement.group_w) / measurement.accelerators
    return replace(
        plan,
        status=status.astype(np.object_),
        status_reason=reason.astype(np.object_),
        tensor_parallel=chosen(measurement.accelerators, plan.tensor_parallel),
        expert_parallel=chosen(np.minimum(plan.expert_parallel, measurement.accelerators), plan.expert_parallel),
        nodes_per_replica=chosen(1.0, plan.nodes_per_replica),
        replicas_per_node=chosen(
            np.floor(np.asarray(node.accelerators) / measurement.accelerators), plan.replicas_per_node
        ),
        batch=chosen(measurement.output_tok_s * np.asarray(measurement.itl_ms) / 1e3, plan.batch),
        output_tok_s_per_replica=chosen(measurement.output_tok_s, plan.output_tok_s_per_replica),
        itl_ms=chosen(measurement.itl_ms, plan.itl_ms),
        replica_seconds_per_request=chosen(
            np.asarray(workload.output_tokens) / measurement.output_tok_s, plan.replica_seconds_per_request
        ),
        accelerator_watts=np.where(used & ~np.isnan(per_accelerator_w), per_accelerator_w, plan.accelerator_watts),
        evidence=np.where(used, "measured", plan.evidence).astype(np.object_),
        throughput_ratio_low=chosen(_LOW, plan.throughput_ratio_low),
        throughput_ratio_high=chosen(_HIGH, plan.throughput_ratio_high),
    )


def _fits(measurement: Measurement, workload: Workload, node: Node) -> Flags:
    """Where a measurement is there and of the row's lengths; NaN compares false."""
    inputs = np.abs(measurement.input_tokens / np.asarray(workload.input_tokens) - 1.0) <= _LENGTH_TOLERANCE
    outputs = np.abs(measurement.output_tokens / np.asarray(workload.output_tokens) - 1.0) <= _LENGTH_TOLERANCE
    return np.asarray(inputs & outputs & (np.asarray(measurement.accelerators) <= node.accelerators))
