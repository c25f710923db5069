"""Time of one decode step with continuous batching, prefill of arriving prompts piggy-backed (chunked prefill).

The step is the sum of what happens one after the other on each accelerator of a replica:

    t = hypot(weights, products) + hypot(cache, attention) + prefill + communication + overhead

Weights stream while products are computed, hence the smooth maximum (hypot) of the two. Every term has a measured
efficiency; an ideal roofline understates the step 2.4 to 3.4 times (ML.ENERGY runs, H100 and B200).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from costmodel.architecture import Architecture
from costmodel.coefficients import Coefficients
from costmodel.precision import Formats
from costmodel.serving_inputs import Node, Workload
from costmodel.types import Array, Numbers, Texts

_GIGA, _TERA, _MILLI = 1e9, 1e12, 1e-3

#: Thinnest slice of an expert that tensor parallelism leaves; thinner ones are placed whole (expert parallel).
#: All calibrated deployments agree: gpt-oss 1,440 sliced; Qwen3 and DeepSeek 192-384 placed.
_MIN_EXPERT_SLICE = 1024.0


@dataclass(frozen=True, slots=True)
class Rows:
    """All inputs of a step, every field an array of shape (rows,)."""

    architecture: Architecture
    workload: Workload
    node: Node
    formats: Formats
    coefficients: Coefficients


@dataclass(frozen=True, slots=True)
class StepTime:
    """Parts of one step and what they move, per accelerator; arrays of shape (rows,).

    Attributes:
        weights_s: Reading weights [s].
        compute_s: Multiplying them for the decoded tokens [s].
        kv_cache_s: Decode attention [s].
        prefill_s: Prompt tokens of arriving requests [s].
        communication_s: All-reduces [s].
        overhead_s: Launches and host time [s].
        total_s: The step [s].
        memory_bandwidth_utilisation: Bytes moved over bandwidth x step [ratio].
        compute_utilisation: FLOP done over dense peak x step [ratio].
    """

    weights_s: Array
    compute_s: Array
    kv_cache_s: Array
    prefill_s: Array
    communication_s: Array
    overhead_s: Array
    total_s: Array
    memory_bandwidth_utilisation: Array
    compute_utilisation: Array

    @property
    def bound_by(self) -> Texts:
        """Name of the largest part of each row's step."""
        names = ("weights", "compute", "kv_cache", "prefill", "communication", "overhead")
        parts = np.stack([getattr(self, f"{name}_s") for name in names])
        return np.asarray(np.array(names, dtype=np.object_)[np.argmax(parts, axis=0)])


def expert_parallel(rows: Rows, group: Numbers) -> Array:
    """Accelerators that share the routed experts whole; 1 where experts are sliced or absent."""
    moe = np.asarray(rows.architecture.moe_layers) > 0.0
    thin = np.asarray(rows.architecture.expert_width) / group < _MIN_EXPERT_SLICE
    return np.where(moe & thin, group, 1.0)


def context_tokens(workload: Workload) -> Array:
    """Mean context over a request's decode steps: prompt plus the length-biased half of the output [token]."""
    return np.asarray(workload.input_tokens + workload.output_length_bias_ratio * workload.output_tokens / 2.0)


def new_tokens(workload: Workload) -> Array:
    """Prompt tokens that the prefix cache does not hold [token]."""
    return np.asarray(workload.input_tokens * (1.0 - np.asarray(workload.cache_hit_ratio)))


def cached_values(architecture: Architecture, context: Numbers) -> Array:
    """Values cached for one sequence of ``context`` tokens; sliding-window layers keep their window only."""
    window = np.minimum(context, architecture.sliding_window_tokens)
    return np.asarray(architecture.kv_values_per_token * context + architecture.kv_values_per_token_windowed * window)


def prefill_seconds(rows: Rows, tokens: Numbers, group: Numbers) -> Array:
    """Time to prefill ``tokens`` new prompt tokens on ``group`` accelerators, compute-bound [s].

    New tokens come after the cached ones and attend to all before them; attention runs in 16 bit.
    """
    context = rows.workload.input_tokens * (1.0 + np.asarray(rows.workload.cache_hit_ratio)) / 2.0
    peak_s = _prefill_peak_seconds(rows.architecture, rows.formats, tokens, context)
    return np.asarray(peak_s / (group * rows.coefficients.prefill_efficiency))


def _prefill_peak_seconds(model: Architecture, formats: Formats, tokens: Numbers, context: Array) -> Array:
    """Seconds of one accelerator at its dense peaks."""
    window = np.minimum(context, model.sliding_window_tokens)
    attention = model.prefill_attention_flops * context + model.prefill_attention_flops_windowed * window
    gemm_s = 2.0 * model.active_params_flops / (formats.gemm_tflops * _TERA)
    return np.asarray(tokens * (gemm_s + attention / (formats.attention_tflops * _TERA)))


def step_time(rows: Rows, batch: Numbers, group: Numbers) -> StepTime:
    """Time one decode step of a full replica.

    Args:
        rows: Models, workloads, accelerators, formats and coefficients.
        batch: Sequences decoded together.
        group: Accelerators per replica (tensor-parallel degree).

    Returns:
        The step's parts, each per accelerator.
    """
    model, work, node, formats, coefficients = (
        rows.architecture, rows.workload, rows.node, rows.formats, rows.coefficients,
    )  # fmt: skip
    bandwidth = np.asarray(node.memory_bandwidth_gb_s) * _GIGA
    prompts = batch / np.asarray(work.output_tokens)
    fresh = new_tokens(work)
    context = context_tokens(work)

    quantised = np.where(formats.dynamically_quantised > 0.0, coefficients.quantised_bandwidth_ratio, 1.0)
    dense = (model.dense_params * formats.dense_bytes + 2.0 * model.head_params) / group
    routed = model.expert_params * formats.expert_bytes * _expert_coverage(rows, batch, prompts, fresh) / group
    spread = np.where(expert_parallel(rows, group) > 1.0, coefficients.expert_imbalance_ratio, 1.0)
    weights_s = (
        dense / coefficients.weight_bandwidth_efficiency + spread * routed / coefficients.expert_bandwidth_efficiency
    ) / (quantised * bandwidth)

    gemm_s = batch * 2.0 * model.active_params_flops / (group * formats.gemm_tflops * _TERA)
    attention_s = batch * attention_flops(model, context) / (group * formats.attention_tflops * _TERA)
    cache = batch * cached_values(model, context) * formats.kv_bytes / np.minimum(group, model.kv_shard_limit)
    compute_s = spread * gemm_s / coefficients.compute_efficiency
    kv_cache_s = np.hypot(
        cache / (coefficients.kv_bandwidth_efficiency * bandwidth), attention_s / coefficients.compute_efficiency
    )

    prefill_s = prefill_seconds(rows, prompts * fresh, group)
    communication_s = _communication_seconds(rows, batch + prompts * fresh, np.asarray(group))
    overhead_s = _overhead_seconds(rows, batch, prompts)
    total_s = np.hypot(weights_s, compute_s) + kv_cache_s + prefill_s + communication_s + overhead_s
    peak_s = gemm_s + attention_s + prefill_s * coefficients.prefill_efficiency
    return StepTime(
        weights_s=weights_s,
        compute_s=compute_s,
        kv_cache_s=kv_cache_s,
        prefill_s=prefill_s,
        communication_s=communication_s,
        overhead_s=overhead_s,
        total_s=total_s,
        memory_bandwidth_utilisation=(dense + routed + cache) / (bandwidth * total_s),
        compute_utilisation=peak_s / total_s,
    )


def _expert_coverage(rows: Rows, batch: Numbers, prompts: Array, fresh: Array) -> Array:
    """Share of the routed experts that a step reads, with uniform routing.

    A step with a prompt in it touches more experts; prompts arrive independently (Poisson).
    """
    model = rows.architecture
    untouched = 1.0 - np.asarray(model.experts_per_token) / model.experts
    without_prompt = np.exp(-prompts)
    decode_only = 1.0 - untouched**batch
    with_prompt = 1.0 - untouched ** (batch + fresh)
    return np.asarray(without_prompt * decode_only + (1.0 - without_prompt) * with_prompt)


def attention_flops(model: Architecture, context: Array) -> Array:
    """FLOP of attention per generated token with ``context`` tokens before it."""
    window = np.minimum(context, model.sliding_window_tokens)
    return np.asarray(model.attention_flops * context + model.attention_flops_windowed * window)


def _communication_seconds(rows: Rows, tokens: Array, group: Array) -> Array:
    """Two all-reduces of 16-bit activations per layer: latency per doubling of the group, and 2(n-1)/n of the bytes."""
    layers = np.asarray(rows.architecture.layers)
    latency_s = 2.0 * layers * np.log2(group) * rows.coefficients.collective_latency_ms * _MILLI
    activations = 2.0 * layers * tokens * rows.architecture.hidden_size * 2.0
    link = np.asarray(rows.node.scale_up_gb_s) * _GIGA * rows.coefficients.link_efficiency
    return np.where(group > 1.0, latency_s + activations * 2.0 * (group - 1.0) / group / link, 0.0)


def _overhead_seconds(rows: Rows, batch: Numbers, prompts: Array) -> Array:
    """Launches per layer, host time per sequence, and what a step with a prompt loses outside the captured graph."""
    model, coefficients = rows.architecture, rows.coefficients
    launches_ms = model.layers * coefficients.layer_overhead_ms + model.moe_layers * coefficients.moe_layer_overhead_ms
    with_prompt = 1.0 - np.exp(-prompts)
    host_ms = batch * coefficients.sequence_overhead_ms + with_prompt * coefficients.prompt_overhead_ms
    return np.asarray((launches_ms + coefficients.host_overhead_ratio * host_ms) * _MILLI)
