"""Plan how a node type serves a model: does it fit, on how many accelerators, how fast, at what power.

One row per (scenario, node type, precision). A plan is found per row as follows.

1. Weights and cache bytes follow from the architecture and the precision, where the software supports it.
2. For every tensor-parallel degree (costmodel.candidates) that divides the heads and lies inside the node, and for the
   registered plans across nodes (costmodel.disaggregated, costmodel.pipeline), the largest batch that memory and both
   latency targets allow is found.
3. Of the ways that meet the targets, the one that needs the fewest nodes in the busiest hour is taken, and of equals
   the one with the least accelerator-seconds per request, which alone decides for a fleet of any size.

Rows that no plan serves keep a status and a reason in place of figures.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from costmodel import candidates, disaggregated, pipeline
from costmodel.architecture import Architecture
from costmodel.candidates import Candidate, pick, unlinked
from costmodel.coefficients import Coefficients
from costmodel.memory import weight_bytes
from costmodel.power import accelerator_power_w
from costmodel.precision import resolve, sparse_figure_reason
from costmodel.serving_inputs import Node, Quantisation, Workload, broadcast, size_of, with_defaults
from costmodel.step_time import Rows
from costmodel.types import Array, Numbers, Texts

#: Least P95 over median of plans across nodes: the one published day came out within 1.4 times either way.
_ACROSS_NODES_RATIO = 1.5


@dataclass(frozen=True, slots=True)
class ServingPlan:
    """The best plan of each row; arrays of shape (rows,), NaN or '' where the status forbids a figure.

    Attributes:
        status: ok, misses_latency (figures are those of the nearest reachable point), does_not_fit, not_supported.
        status_reason: What is missing, in words; empty when ok.
        tensor_parallel: Accelerators that share one replica.
        expert_parallel: Accelerators that share the routed experts (1 for a dense model).
        nodes_per_replica: Nodes one replica needs (1 unless the plan crosses nodes).
        replicas_per_node: Replicas one node holds (1 where a replica crosses nodes).
        batch: Requests decoded together at full load.
        output_tok_s_per_replica: Output tokens per second of one replica at full load, prefill included [token/s].
        ttft_ms: 95th percentile of time to first token at the target utilisation [ms].
        itl_ms: Mean inter-token latency at full load [ms].
        bound_by: Largest part of the step: weights, compute, kv_cache, prefill, communication, overhead.
        replica_seconds_per_request: Time of one replica that one request takes [s].
        accelerator_watts: Power of one accelerator at full load [W].
        evidence: measured (this accelerator was calibrated), family (its generation was), prior.
        throughput_ratio_low: P5 of true over predicted throughput [ratio].
        throughput_ratio_high: P95 of true over predicted throughput [ratio].
    """

    status: Texts
    status_reason: Texts
    tensor_parallel: Array
    expert_parallel: Array
    nodes_per_replica: Array
    replicas_per_node: Array
    batch: Array
    output_tok_s_per_replica: Array
    ttft_ms: Array
    itl_ms: Array
    bound_by: Texts
    replica_seconds_per_request: Array
    accelerator_watts: Array
    evidence: Texts
    throughput_ratio_low: Array
    throughput_ratio_high: Array


def plan(
    architecture: Architecture,
    workload: Workload,
    node: Node,
    quantisation: Quantisation,
    coefficients: Coefficients,
    tensor_parallel: Numbers = np.nan,
    batch: Numbers = np.nan,
) -> ServingPlan:
    """Find the best plan of every row.

    Args:
        architecture: Counted models; ``architecture.stack`` joins one per row.
        workload: Average requests and their latency targets.
        node: Node types.
        quantisation: Number format of each row and how far the software supports it.
        coefficients: Calibrated efficiencies; ``coefficients.lookup`` gives one entry per row from the seed table.
        tensor_parallel: Degree to take instead of the best one (plans across nodes are then left out); NaN: the best.
        batch: Batch to take instead of the largest that meets the targets; NaN: the largest.

    Returns:
        The plans, in the order of the rows.
    """
    rows, reason = prepare(architecture, workload, node, quantisation, coefficients)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        best = _best(rows, tensor_parallel, batch)
    status, reason = _status(rows, best, reason)
    return _describe(rows, best, status, reason)


def weights_gb(architecture: Architecture, quantisation: Quantisation, node: Node) -> Array:
    """Resident weights of one replica [GB], to load, store and move; NaN for an unknown precision."""
    count = max(size_of(one) for one in (architecture, quantisation, node))
    model = broadcast(architecture, count)
    formats = resolve(broadcast(quantisation, count), broadcast(node, count), model)
    return weight_bytes(model, formats) / 1e9


def prepare(
    architecture: Architecture, workload: Workload, node: Node, quantisation: Quantisation, coefficients: Coefficients
) -> tuple[Rows, Texts]:
    """Broadcast everything to one row count, and say why a row is not supported ('' where it is)."""
    count = max(size_of(one) for one in (architecture, workload, node, quantisation, coefficients))
    model, work, calibrated = (
        broadcast(architecture, count),
        with_defaults(broadcast(workload, count)),
        broadcast(coefficients, count),
    )
    held = _share_of_card(broadcast(node, count))
    formats = resolve(broadcast(quantisation, count), held, model)
    too_long = np.asarray(work.input_tokens + work.output_tokens > model.max_context_tokens)
    reason = np.where(too_long, "prompt and output exceed the model's context", "").astype(np.object_)
    for other in (formats.reason, sparse_figure_reason(held, calibrated.dense_tflops_per_watt_limit)):
        reason = np.where(other != "", other, reason)
    return Rows(model, work, held, formats, calibrated), reason


def _share_of_card(node: Node) -> Node:
    """Scale a node that holds part of one accelerator; what it holds counts as one smaller accelerator.

    Idle power is no part of a plan: `costmodel.power` takes it from the node as given.
    """
    shared = (
        "memory_gb",
        "memory_bandwidth_gb_s",
        "bf16_dense_tflops",
        "fp8_dense_tflops",
        "int8_dense_tops",
        "fp4_dense_tflops",
        "tdp_w",
    )
    return replace(node, **{name: getattr(node, name) * node.accelerator_fraction for name in shared})


def _best(rows: Rows, tensor_parallel: Numbers, batch: Numbers) -> Candidate:
    """Take each row's way with the best score; plans across nodes only where no degree is forced."""
    ways = [candidates.candidate(rows, size, tensor_parallel, batch) for size in candidates.GROUP_SIZES]
    if not np.isfinite(tensor_parallel).any():
        too_large = ~np.any([way.fits for way in ways], axis=0)
        ways += [pipeline.candidate(rows, stages, too_large, batch) for stages in pipeline.STAGES]
        ways.append(disaggregated.candidate(rows, batch))
    choice = np.argmin(np.stack([way.score(rows) for way in ways]), axis=0)
    return pick(ways, choice)


def _status(rows: Rows, best: Candidate, reason: Texts) -> tuple[Texts, Texts]:
    """Give status and reason of each row, the gravest first."""
    status = np.full(reason.shape, "ok", dtype=np.object_)
    status[best.target_ratio > 1.0] = "misses_latency"
    status[~best.fits] = "does_not_fit"
    status[reason != ""] = "not_supported"
    for index in np.flatnonzero(status == "misses_latency"):
        ttft_ms, itl_ms = best.ttft_s[index] * 1e3, best.step.total_s[index] * 1e3
        reason[index] = f"nearest point: first token {ttft_ms:.0f} ms, then {itl_ms:.1f} ms"
    place = np.where(unlinked(rows), "one accelerator, and no link between the node's is known", "the node")
    for index in np.flatnonzero(status == "does_not_fit"):
        gigabytes = weight_bytes(rows.architecture, rows.formats)[index] / 1e9
        reason[index] = f"{gigabytes:.0f} GB of weights and one request do not fit {place[index]}"
    return status, reason


def _describe(rows: Rows, best: Candidate, status: Texts, reason: Texts) -> ServingPlan:
    """Lay out the plan, with figures only where the row is served."""
    served = (status == "ok") | (status == "misses_latency")

    def figure(values: Array) -> Array:
        return np.where(served, values, np.nan)

    step, calibrated = best.step, rows.coefficients
    across = best.nodes_per_replica > 1.0
    low, high = np.asarray(calibrated.throughput_ratio_low), np.asarray(calibrated.throughput_ratio_high)
    watts = accelerator_power_w(
        rows.node.tdp_w, step.memory_bandwidth_utilisation, step.compute_utilisation, calibrated
    )
    return ServingPlan(
        status=status,
        status_reason=reason,
        tensor_parallel=figure(best.tensor_parallel),
        expert_parallel=figure(best.expert_parallel),
        nodes_per_replica=figure(best.nodes_per_replica),
        replicas_per_node=figure(best.replicas_per_node),
        batch=figure(best.batch),
        output_tok_s_per_replica=figure(best.batch / step.total_s),
        ttft_ms=figure(best.ttft_s * 1e3),
        itl_ms=figure(step.total_s * 1e3),
        bound_by=np.where(served, step.bound_by, ""),
        replica_seconds_per_request=figure(best.replica_seconds),
        accelerator_watts=figure(watts),
        evidence=_evidence(rows, best),
        throughput_ratio_low=np.where(across, np.minimum(low, 1.0 / _ACROSS_NODES_RATIO), low),
        throughput_ratio_high=np.where(across, np.maximum(high, _ACROSS_NODES_RATIO), high),
    )


def _evidence(rows: Rows, best: Candidate) -> Texts:
    """Lower the evidence of plans across nodes: one was checked on a published day, pipelines never.

    Nor is it known how fast a rack serves a model whose experts would be spread over all of it: that way is not tried.
    """
    evidence = rows.coefficients.evidence
    across = best.nodes_per_replica > 1.0
    pipelined = across & (best.tensor_parallel > 1.0)
    lowered = np.where(across & (evidence == "measured"), "family", evidence)
    return np.where(pipelined | disaggregated.lies_in_rack(rows), "prior", lowered).astype(np.object_)
