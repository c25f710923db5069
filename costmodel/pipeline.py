"""The registered plan for models that no single node holds: tensor parallel inside nodes, pipeline stages across them.

As Llama 3.1 405B is served in 16 bit on two machines (The Llama 3 Herd of Models, arXiv 2407.21783, section 6.1). With
as many micro-batches in flight as stages, every stage is busy: a token takes the time of the whole model on one node,
and the replica decodes ``stages`` micro-batches in that time.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from costmodel.candidates import Candidate, bisect_batch, target_ratio
from costmodel.latency import time_to_first_token_s
from costmodel.memory import sequence_bytes, usable_bytes, weight_bytes
from costmodel.step_time import Rows, StepTime, expert_parallel, new_tokens, step_time
from costmodel.types import Array, Flags, Numbers

#: Nodes tried.
STAGES = (2, 4, 8)

#: Least network between stages [Gbit/s per node].
_MIN_SCALE_OUT_GBIT_S = 1600.0
_GIGA = 1e9
_ACTIVATION_BYTES = 2.0


def candidate(rows: Rows, stages: int, allowed: Flags, forced_batch: Numbers) -> Candidate:
    """Try ``stages`` nodes per replica.

    Args:
        rows: All inputs.
        stages: Nodes, each with an equal share of the layers.
        allowed: Rows that no single node serves, shape (rows,).
        forced_batch: Batch of the replica to take; NaN: the largest that meets both latency targets.
    """
    group = np.asarray(rows.node.accelerators)
    slots = _slots(rows, group, stages)
    fits = allowed & _possible(rows, group) & (slots >= 1.0)
    slots = np.maximum(slots, 1.0)

    def latency(micro_batch: Array) -> tuple[StepTime, Array]:
        step = _with_hops(rows, step_time(rows, micro_batch, group), micro_batch, stages)
        return step, time_to_first_token_s(rows, step, micro_batch, slots, group)

    def ratio(micro_batch: Array) -> Array:
        return target_ratio(rows, *latency(micro_batch))

    forced = np.minimum(np.asarray(forced_batch) / stages, slots)
    micro_batch = np.where(np.isnan(forced_batch), bisect_batch(ratio, slots), forced)
    step, ttft_s = latency(micro_batch)
    one = np.ones_like(slots)
    return Candidate(
        tensor_parallel=group,
        expert_parallel=expert_parallel(rows, group),
        nodes_per_replica=one * stages,
        replicas_per_node=one,
        fits=fits,
        batch=micro_batch * stages,
        step=step,
        ttft_s=ttft_s,
        target_ratio=target_ratio(rows, step, ttft_s),
        replica_seconds=np.asarray(rows.workload.output_tokens) * step.total_s / (micro_batch * stages),
    )


def _slots(rows: Rows, group: Array, stages: int) -> Array:
    """Sequences per micro-batch that the cache of one stage has room for, all micro-batches resident."""
    room = group * usable_bytes(rows) - weight_bytes(rows.architecture, rows.formats) / stages
    copies = group / np.minimum(group, rows.architecture.kv_shard_limit)
    share = sequence_bytes(rows) * copies / stages
    return np.minimum(np.floor(room / share), rows.coefficients.max_sequences) / stages


def _possible(rows: Rows, group: Array) -> Flags:
    divides = np.asarray(rows.architecture.attention_heads) % group == 0.0
    linked = (group == 1.0) | (np.asarray(rows.node.scale_up_gb_s) > 0.0)
    return np.asarray(divides & linked & (np.asarray(rows.node.scale_out_gbit_s) >= _MIN_SCALE_OUT_GBIT_S))


def _with_hops(rows: Rows, step: StepTime, micro_batch: Array, stages: int) -> StepTime:
    """Add the passing of activations from stage to stage over the network."""
    work = rows.workload
    tokens = micro_batch * (1.0 + new_tokens(work) / work.output_tokens)
    network = np.asarray(rows.node.scale_out_gbit_s) / 8.0 * _GIGA * rows.coefficients.link_efficiency
    hops_s = (stages - 1.0) * tokens * rows.architecture.hidden_size * _ACTIVATION_BYTES / network
    total_s = step.total_s + hops_s
    slower = step.total_s / total_s
    return replace(
        step,
        communication_s=step.communication_s + hops_s,
        total_s=total_s,
        memory_bandwidth_utilisation=step.memory_bandwidth_utilisation * slower,
        compute_utilisation=step.compute_utilisation * slower,
    )
