"""Calibrated coefficients of the serving model: one set per accelerator family, one overlay per serving stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from costmodel.types import Numbers, Texts

#: Family, accelerator or ``stack:NAME`` -> attribute -> value, as in the serving_coefficient table.
CoefficientTable = Mapping[str, Mapping[str, float]]

DEFAULT_STACK = "vllm"


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Efficiencies and overheads, one entry per row (scalars broadcast).

    Attributes:
        weight_bandwidth_efficiency: Share of memory bandwidth reached when reading dense weights [ratio].
        expert_bandwidth_efficiency: The same for routed experts (grouped, thinner matrices) [ratio].
        quantised_bandwidth_ratio: Factor on both when the format is computed in fp8 or int8: its matrix kernels and
            the extra quantisation of activations reach less of the bandwidth [ratio].
        expert_imbalance_ratio: Load of the busiest accelerator over the mean when experts are parallel [ratio].
        kv_bandwidth_efficiency: Share of memory bandwidth reached by decode attention [ratio].
        compute_efficiency: Share of the dense peak reached by decode matrix products at their bound [ratio].
        prefill_efficiency: Share of the dense peak reached by prefill [ratio].
        layer_overhead_ms: Launches, norms and small kernels per layer and step [ms].
        moe_layer_overhead_ms: Routing, sorting and padding per MoE layer and step, on top [ms].
        collective_latency_ms: Latency of one all-reduce per doubling of the group [ms].
        link_efficiency: Share of the interconnect bandwidth that collectives reach [ratio].
        sequence_overhead_ms: Host time per sequence and step: scheduling, sampling, detokenising, streaming [ms].
        prompt_overhead_ms: Added to a step that has prompts in it: it leaves the captured graph [ms].
        power_static_ratio: Power of a busy accelerator without traffic, over its limit [ratio].
        power_bandwidth_ratio: Power added at full memory bandwidth, over the limit [ratio].
        power_compute_ratio: Power added at the dense peak, over the limit [ratio].
        idle_power_ratio: Idle power over the limit, where no measurement of the accelerator exists [ratio].
        node_power_ratio: Nameplate of a server over the limits of its accelerators, where it has no own figure [ratio].
        host_idle_ratio: Wall power of an idle host over the nameplate beyond the accelerators [ratio].
        host_load_ratio: The same while serving [ratio].
        dense_tflops_per_watt_limit: Densest 16-bit peak per watt of the family; more is a sparse figure [TFLOPS/W].
        throughput_ratio_low: P5 of true over predicted throughput, left out of calibration [ratio].
        throughput_ratio_high: P95 of the same [ratio].
        host_overhead_ratio: Stack: factor on sequence and prompt overhead [ratio].
        output_reservation_ratio: Stack: share of the output for which cache is reserved on admission [ratio].
        max_sequences: Stack: most sequences decoded together [1].
        prefill_chunk_tokens: Stack: most prompt tokens per step [token].
        memory_utilisation_ratio: Stack: share of memory the server may use [ratio].
        runtime_memory_gb: Stack: memory per accelerator for context, activations and graphs [GB].
        evidence: measured (this accelerator was), family (the error of its family was), prior (nothing was).
    """

    weight_bandwidth_efficiency: Numbers
    expert_bandwidth_efficiency: Numbers
    quantised_bandwidth_ratio: Numbers
    expert_imbalance_ratio: Numbers
    kv_bandwidth_efficiency: Numbers
    compute_efficiency: Numbers
    prefill_efficiency: Numbers
    layer_overhead_ms: Numbers
    moe_layer_overhead_ms: Numbers
    collective_latency_ms: Numbers
    link_efficiency: Numbers
    sequence_overhead_ms: Numbers
    prompt_overhead_ms: Numbers
    power_static_ratio: Numbers
    power_bandwidth_ratio: Numbers
    power_compute_ratio: Numbers
    idle_power_ratio: Numbers
    node_power_ratio: Numbers
    host_idle_ratio: Numbers
    host_load_ratio: Numbers
    dense_tflops_per_watt_limit: Numbers
    throughput_ratio_low: Numbers
    throughput_ratio_high: Numbers
    host_overhead_ratio: Numbers
    output_reservation_ratio: Numbers
    max_sequences: Numbers
    prefill_chunk_tokens: Numbers
    memory_utilisation_ratio: Numbers
    runtime_memory_gb: Numbers
    evidence: Texts


def lookup(
    table: CoefficientTable, accelerator: Sequence[str], family: Sequence[str], stack: str = DEFAULT_STACK
) -> Coefficients:
    """Give each row its coefficients.

    Attributes that a family lacks come from the family ``prior``. An accelerator is measured where the table has rows
    under its own id, of a known family where the family's error was measured on another accelerator or relative to
    one. A stack's overlay comes last.

    Args:
        table: Family, accelerator or ``stack:NAME`` -> attribute -> value.
        accelerator: Accelerator id of each row, shape (n,).
        family: Coefficient family of each row, shape (n,).
        stack: Serving stack.

    Returns:
        Coefficients with arrays of shape (n,).

    Raises:
        KeyError: The table lacks the prior, the stack, or an attribute of them.
    """
    pairs = list(zip(accelerator, family, strict=True))
    known = {pair: _row(table, *pair, stack) for pair in set(pairs)}
    columns = {name: np.array([known[pair][name] for pair in pairs], dtype=np.float64) for name in _NUMBERS}
    evidence = np.array([_evidence(table, *pair) for pair in pairs], dtype=np.object_)
    return Coefficients(**columns, evidence=evidence)


def _row(table: CoefficientTable, accelerator: str, family: str, stack: str) -> dict[str, float]:
    return {**table["prior"], **table.get(family, {}), **table.get(accelerator, {}), **table[f"stack:{stack}"]}


def _evidence(table: CoefficientTable, accelerator: str, family: str) -> str:
    if accelerator in table:
        return "measured"
    return "family" if "throughput_ratio_low" in table.get(family, {}) else "prior"


_NUMBERS = tuple(field.name for field in fields(Coefficients) if field.name != "evidence")
