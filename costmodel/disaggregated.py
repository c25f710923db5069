"""The registered plan across nodes: prefill and decode on separate groups, attention data-parallel, experts spread.

As DeepSeek runs V3 and R1 (technical report, arXiv 2412.19437, section 3.4; open-infra-index day 6): prefill on
groups of 4 nodes, decode on groups of 18, routed experts spread over the group with redundant copies of hot ones, each
token sent to the nodes of its experts and back. Two micro-batches overlap that exchange with computation, so each
phase takes the longer of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from costmodel.candidates import Candidate, bisect_batch, target_ratio
from costmodel.latency import wait_for_prompts_s
from costmodel.memory import sequence_bytes, usable_bytes
from costmodel.step_time import Rows, StepTime, attention_flops, context_tokens, new_tokens, prefill_seconds
from costmodel.types import Array, Flags, Numbers

#: Nodes of a prefill and of a decode group, accelerators per node, and resident copies of experts over experts.
PREFILL_NODES = 4.0
DECODE_NODES = 18.0
ACCELERATORS_PER_NODE = 8.0
REDUNDANT_EXPERTS = 288.0 / 256.0

#: Nodes a token is sent to in prefill; in decode each chosen expert is addressed by itself.
_NODE_LIMIT = 4.0
_MICRO_BATCHES = 2.0
#: Bytes per activation: fp8 to the experts, 16 bit back.
_EXCHANGE_BYTES = 1.0 + 2.0
#: Least network of the plan [Gbit/s per node], and routed experts of the models it was run with.
_MIN_SCALE_OUT_GBIT_S = 1600.0
_MIN_EXPERTS = 256.0
_GIGA, _TERA, _MILLI = 1e9, 1e12, 1e-3


@dataclass(frozen=True, slots=True)
class Rates:
    """Tokens per second and node when both groups are busy; arrays of shape (rows,).

    Attributes:
        prefill_tok_s_per_node: Prompt tokens, cache hits included.
        decode_tok_s_per_node: Output tokens.
    """

    prefill_tok_s_per_node: Array
    decode_tok_s_per_node: Array


def registered(rows: Rows) -> Flags:
    """Where the plan applies: latent attention with many experts, nodes of eight, a fast network."""
    node = rows.node
    nodes = (np.asarray(node.accelerators) == ACCELERATORS_PER_NODE) & (
        np.asarray(node.scale_out_gbit_s) >= _MIN_SCALE_OUT_GBIT_S
    )
    return np.asarray(_spread(rows) & nodes)


def lies_in_rack(rows: Rows) -> Flags:
    """Where one node has the accelerators of several: such a model would be spread inside it, which no plan does."""
    return np.asarray(_spread(rows) & (np.asarray(rows.node.accelerators) > ACCELERATORS_PER_NODE))


def _spread(rows: Rows) -> Flags:
    """Whether the model is of the shape that the plan was run with."""
    model = rows.architecture
    return np.asarray((np.asarray(model.kv_shard_limit) == 1.0) & (np.asarray(model.experts) >= _MIN_EXPERTS))


def rates(rows: Rows) -> Rates:
    """Rates of both phases at full load, decode at the largest batch that meets the latency target."""
    found = candidate(rows)
    per_prompt_token_s = prefill_token_seconds(rows) * (1.0 - np.asarray(rows.workload.cache_hit_ratio))
    return Rates(
        prefill_tok_s_per_node=ACCELERATORS_PER_NODE / per_prompt_token_s,
        decode_tok_s_per_node=found.batch / found.step.total_s / DECODE_NODES,
    )


def candidate(rows: Rows, forced_batch: Numbers = np.nan) -> Candidate:
    """Try the plan on every row; a replica is one decode group with the prefill nodes that feed it.

    Args:
        rows: All inputs.
        forced_batch: Batch of the decode group to take; NaN: the largest that meets the latency targets.
    """
    accelerators = DECODE_NODES * ACCELERATORS_PER_NODE
    slots = np.minimum(np.floor(_cache_bytes(rows) / sequence_bytes(rows)), np.asarray(rows.coefficients.max_sequences))
    fits = registered(rows) & (slots >= 1.0)
    slots = np.maximum(slots, 1.0)
    ttft_s = _time_to_first_token_s(rows)

    def ratio(sequences: Array) -> Array:
        return target_ratio(rows, decode_step(rows, sequences), ttft_s)

    sequences = np.where(
        np.isnan(forced_batch), bisect_batch(ratio, slots), np.minimum(forced_batch / accelerators, slots)
    )
    step = decode_step(rows, sequences)
    feeding = step.prefill_s / step.total_s
    nodes = DECODE_NODES + np.maximum(np.ceil(DECODE_NODES * feeding), PREFILL_NODES)
    one = np.ones_like(slots)
    return Candidate(
        tensor_parallel=one,
        expert_parallel=one * accelerators,
        nodes_per_replica=nodes,
        replicas_per_node=one,
        fits=fits,
        batch=sequences * accelerators,
        step=step,
        ttft_s=ttft_s,
        target_ratio=ratio(sequences),
        replica_seconds=np.asarray(rows.workload.output_tokens) * step.total_s / (sequences * accelerators),
    )


def decode_step(rows: Rows, sequences: Array) -> StepTime:
    """Time one decode step with ``sequences`` per accelerator of a decode group.

    ``prefill_s`` is the time that prefill accelerators spend per step and decode accelerator; it is not in the total.
    """
    model, formats, tuned = rows.architecture, rows.formats, rows.coefficients
    bandwidth = np.asarray(rows.node.memory_bandwidth_gb_s) * _GIGA
    context = context_tokens(rows.workload)
    quantised = np.where(formats.dynamically_quantised > 0.0, tuned.quantised_bandwidth_ratio, 1.0)
    dense, routed = _resident_bytes(rows)
    weights_s = (dense / tuned.weight_bandwidth_efficiency + routed / tuned.expert_bandwidth_efficiency) / (
        quantised * bandwidth
    )
    gemm_s = sequences * 2.0 * model.active_params_flops / (formats.gemm_tflops * _TERA)
    attention_s = sequences * attention_flops(model, context) / (formats.attention_tflops * _TERA)
    cache = sequences * sequence_bytes(rows)
    kv_cache_s = np.hypot(cache / (tuned.kv_bandwidth_efficiency * bandwidth), attention_s / tuned.compute_efficiency)
    compute_s = gemm_s * tuned.expert_imbalance_ratio / tuned.compute_efficiency
    remote = 1.0 - 1.0 / DECODE_NODES
    communication_s = _exchange_seconds(rows, sequences, np.asarray(model.experts_per_token) * remote)
    launches_ms = model.layers * tuned.layer_overhead_ms + model.moe_layers * tuned.moe_layer_overhead_ms
    host_ms = tuned.host_overhead_ratio * sequences * tuned.sequence_overhead_ms
    overhead_s = (_MICRO_BATCHES * launches_ms + host_ms) * _MILLI
    total_s = np.maximum(np.hypot(weights_s, compute_s) + kv_cache_s, communication_s) + overhead_s
    fresh = new_tokens(rows.workload) / rows.workload.output_tokens
    return StepTime(
        weights_s=weights_s,
        compute_s=compute_s,
        kv_cache_s=kv_cache_s,
        prefill_s=np.asarray(sequences * fresh * prefill_token_seconds(rows)),
        communication_s=communication_s,
        overhead_s=overhead_s,
        total_s=total_s,
        memory_bandwidth_utilisation=(dense + routed + cache) / (bandwidth * total_s),
        compute_utilisation=(gemm_s + attention_s) / total_s,
    )


def prefill_token_seconds(rows: Rows) -> Array:
    """Time of one prefill accelerator per new prompt token: computation or exchange, whichever takes longer [s]."""
    remote = 1.0 - 1.0 / PREFILL_NODES
    destinations = np.minimum(rows.architecture.experts_per_token, _NODE_LIMIT) * remote
    return np.maximum(prefill_seconds(rows, 1.0, 1.0), _exchange_seconds(rows, 1.0, destinations))


def _exchange_seconds(rows: Rows, tokens: Numbers, destinations: Array) -> Array:
    """Sending tokens to ``destinations`` places and back in every MoE layer, over the accelerator's network share."""
    model, tuned = rows.architecture, rows.coefficients
    network = np.asarray(rows.node.scale_out_gbit_s) / 8.0 / ACCELERATORS_PER_NODE * _GIGA
    sent = tokens * destinations * model.hidden_size * _EXCHANGE_BYTES * model.moe_layers
    return np.asarray(sent * tuned.expert_imbalance_ratio / (network * tuned.link_efficiency))


def _resident_bytes(rows: Rows) -> tuple[Array, Array]:
    """Dense and routed weights that one decode accelerator holds and reads each step [B]."""
    model, formats = rows.architecture, rows.formats
    dense = model.dense_params * formats.dense_bytes + 2.0 * model.head_params
    spread = DECODE_NODES * ACCELERATORS_PER_NODE / REDUNDANT_EXPERTS
    return np.asarray(dense), np.asarray(model.expert_params * formats.expert_bytes / spread)


def _cache_bytes(rows: Rows) -> Array:
    """Memory of one decode accelerator left for the cache [B]."""
    dense, routed = _resident_bytes(rows)
    return usable_bytes(rows) - dense - routed


def _time_to_first_token_s(rows: Rows) -> Array:
    """95th percentile on a prefill group at the target utilisation: waiting for prompts before, and the own one."""
    own_s = new_tokens(rows.workload) * prefill_token_seconds(rows)
    return own_s + wait_for_prompts_s(own_s, np.asarray(rows.workload.target_utilisation_ratio))
