"""One tensor-parallel degree tried on every row: its batch, step, latency and accelerator time per request."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from costmodel.demand import Packing
from costmodel.latency import time_to_first_token_s
from costmodel.memory import batch_limit
from costmodel.serving_inputs import Workload
from costmodel.step_time import Rows, StepTime, expert_parallel, step_time
from costmodel.types import Array, Flags, Index, Numbers

#: Tensor-parallel degrees tried, inside one node; those above 16 are for racks that are one node.
GROUP_SIZES = (1, 2, 4, 8, 16, 24, 32, 48, 64)

_HALVINGS = 16


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to serve, on every row; arrays of shape (rows,).

    Attributes:
        tensor_parallel: Accelerators that share each layer.
        expert_parallel: Accelerators that share the routed experts whole.
        nodes_per_replica: Nodes one replica spans.
        replicas_per_node: Replicas one node holds.
        fits: Whether the way is possible and at least one sequence fits.
        batch: Sequences decoded together at full load.
        step: The step at that batch.
        ttft_s: 95th percentile of time to first token [s].
        target_ratio: Worst latency over its target; at most 1 where both targets are met.
        replica_seconds: Time of one replica per request [s].
    """

    tensor_parallel: Array
    expert_parallel: Array
    nodes_per_replica: Array
    replicas_per_node: Array
    fits: Flags
    batch: Array
    step: StepTime
    ttft_s: Array
    target_ratio: Array
    replica_seconds: Array

    def score(self, rows: Rows) -> Array:
        """Give the nodes of the busiest hour where the targets are met; of equals, the least accelerator time wins.

        A large group may take the least time per request and yet be more than a small service needs. Accelerator time
        includes that of idle accelerators of the node, and alone decides for a fleet of any size. Ways that miss a
        target come after all that meet it, in the order of how far; those that do not fit are infinite.
        """
        per_node = np.asarray(rows.node.accelerators)
        held_s = self.replica_seconds * per_node * self.nodes_per_replica / self.replicas_per_node
        nodes = peak_nodes(rows.workload, self.replica_seconds, self.replicas_per_node, self.nodes_per_replica)
        needed = np.where(np.isfinite(nodes), nodes + held_s / (1.0 + held_s), held_s)
        return np.where(self.fits, np.where(self.target_ratio <= 1.0, needed, 1e12 * self.target_ratio), np.inf)


def peak_nodes(workload: Workload, replica_seconds: Array, replicas_per_node: Array, nodes_per_replica: Array) -> Array:
    """Nodes that the busiest hour needs, spare nodes apart; infinite for a fleet of any size.

    Args:
        workload: Workload of each row.
        replica_seconds: Time of one replica per request [s].
        replicas_per_node: Replicas one node holds.
        nodes_per_replica: Nodes one replica spans.
    """
    packing = Packing(
        target_utilisation_ratio=np.asarray(workload.target_utilisation_ratio),
        min_replicas=np.asarray(workload.min_replicas),
        replicas_per_node=replicas_per_node,
        nodes_per_replica=nodes_per_replica,
        spare_nodes=np.zeros_like(replicas_per_node),
    )
    return np.asarray(packing.nodes(np.asarray(workload.peak_requests_per_s) * replica_seconds), np.float64)


def candidate(rows: Rows, size: int, forced_group: Numbers, forced_batch: Numbers) -> Candidate:
    """Try ``size`` accelerators per replica on every row.

    Args:
        rows: All inputs.
        size: Tensor-parallel degree.
        forced_group: The only degree allowed; NaN: any.
        forced_batch: Batch to take; NaN: the largest that meets both latency targets.
    """
    per_node = np.asarray(rows.node.accelerators)
    group = np.full(per_node.shape, float(size))
    slots = batch_limit(rows, group)
    fits = _possible(rows, group, forced_group) & (slots >= 1.0)
    slots = np.maximum(slots, 1.0)

    def latency(batch: Array) -> tuple[StepTime, Array]:
        step = step_time(rows, batch, group)
        return step, time_to_first_token_s(rows, step, batch, slots, group)

    def ratio(batch: Array) -> Array:
        return target_ratio(rows, *latency(batch))

    batch = np.where(np.isnan(forced_batch), bisect_batch(ratio, slots), np.minimum(forced_batch, slots))
    step, ttft_s = latency(batch)
    return Candidate(
        tensor_parallel=group,
        expert_parallel=expert_parallel(rows, group),
        nodes_per_replica=np.ones_like(group),
        replicas_per_node=np.maximum(np.floor(per_node / group), 1.0),
        fits=fits,
        batch=batch,
        step=step,
        ttft_s=ttft_s,
        target_ratio=target_ratio(rows, step, ttft_s),
        replica_seconds=np.asarray(rows.workload.output_tokens) * step.total_s / batch,
    )


def bisect_batch(ratio: Callable[[Array], Array], slots: Array) -> Array:
    """Find the largest mean batch up to ``slots`` that meets all targets; 1 where none does.

    Latency grows with the batch, so the logarithm of the batch is bisected.

    Args:
        ratio: Worst latency over its target at a batch.
        slots: Most sequences that memory allows.
    """
    low, high = np.ones_like(slots), slots
    for _ in range(_HALVINGS):
        middle = np.sqrt(low * high)
        met = ratio(middle) <= 1.0
        low, high = np.where(met, middle, low), np.where(met, high, middle)
    return np.where(ratio(slots) <= 1.0, slots, low)


def target_ratio(rows: Rows, step: StepTime, ttft_s: Array) -> Array:
    """Worst latency over its target; a missing target is met."""
    work = rows.workload
    ttft_ratio = np.nan_to_num(ttft_s * 1e3 / work.ttft_p95_ms, nan=0.0)
    itl_ratio = np.nan_to_num(step.total_s * 1e3 / work.itl_mean_ms, nan=0.0)
    return np.asarray(np.maximum(ttft_ratio, itl_ratio))


def _possible(rows: Rows, group: Array, forced_group: Numbers) -> Flags:
    """Whether the degree is wanted, lies inside the node, divides the heads and has a link."""
    wanted = np.isnan(forced_group) | (group == forced_group)
    inside = group <= rows.node.accelerators
    divides = np.asarray(rows.architecture.attention_heads) % group == 0.0
    return np.asarray(wanted & inside & divides & ((group == 1.0) | ~unlinked(rows)))


def unlinked(rows: Rows) -> Flags:
    """Where a node's accelerators have no known link: each serves alone."""
    return np.asarray((np.asarray(rows.node.accelerators) > 1.0) & ~(np.asarray(rows.node.scale_up_gb_s) > 0.0))


def pick(ways: Sequence[Candidate], choice: Index) -> Candidate:
    """Take way ``choice[i]`` for row i."""
    step = StepTime(**_picked([way.step for way in ways], choice))
    return Candidate(**{**_picked(ways, choice), "step": step})


def _picked(structs: Sequence[Any], choice: Index) -> dict[str, Any]:
    """Choose among structs of arrays, field by field; a nested struct is left to the caller."""
    names = [field.name for field in fields(structs[0]) if field.name != "step"]
    rows = np.arange(choice.size)
    return {name: np.stack([getattr(struct, name) for struct in structs])[choice, rows] for name in names}
