"""Bytes per weight and peak FLOPS of a number format, only as far as software and hardware support it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from costmodel.architecture import Architecture
from costmodel.serving_inputs import Node, Quantisation
from costmodel.types import Array, Numbers, Texts

#: Bytes per weight, scales included: int4 in groups of 128 with 16-bit scale and zero point, mxfp4 in blocks of 32
#: with an 8-bit scale (OCP MX specification 1.0).
_WEIGHT_BYTES = {"bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.53, "fp4": 0.53}
_PEAK_FIELD = {"fp8": "fp8_dense_tflops", "int8": "int8_dense_tops", "fp4": "fp4_dense_tflops"}
#: Formats whose matrix kernels pay quantised_bandwidth_ratio when computed natively.
_DYNAMICALLY_QUANTISED = ("fp8", "int8")


@dataclass(frozen=True, slots=True)
class Formats:
    """Resolved formats; arrays of shape (rows,).

    Attributes:
        dense_bytes: Bytes per dense weight [B].
        expert_bytes: Bytes per routed-expert weight [B].
        kv_bytes: Bytes per cached value [B].
        gemm_tflops: Dense peak at which weights are multiplied [TFLOPS].
        attention_tflops: Dense 16-bit peak, at which attention is computed [TFLOPS].
        dynamically_quantised: 1 where kernels quantise activations on the fly, else 0.
        reason: Why a row is not supported; '' where it is.
    """

    dense_bytes: Array
    expert_bytes: Array
    kv_bytes: Array
    gemm_tflops: Array
    attention_tflops: Array
    dynamically_quantised: Array
    reason: Texts


def resolve(quantisation: Quantisation, node: Node, model: Architecture) -> Formats:
    """Resolve each row's format.

    A format computes at its own peak only where its support is native; weight-only formats shrink the weights and
    compute in 16 bit. 4-bit floating point quantises the routed experts only where there are any, as the published
    mxfp4 and NVFP4 mixture-of-experts checkpoints do.

    Args:
        quantisation: Formats and their support, shape (rows,).
        node: Accelerators, shape (rows,).
        model: Models, shape (rows,).
    """
    precision, support = quantisation.precision, quantisation.support
    native = (support == "native") & (precision != "bf16")
    expert_bytes = np.array([_WEIGHT_BYTES.get(name, np.nan) for name in precision])
    experts_only = (precision == "fp4") & (np.asarray(model.moe_layers) > 0.0)
    peak = np.array(node.bf16_dense_tflops, dtype=np.float64)
    for name, field in _PEAK_FIELD.items():
        peak = np.where(native & (precision == name), getattr(node, field), peak)
    caches_heads = np.asarray(model.kv_shard_limit) > 1.0
    own_kv_bytes = np.where(native & (precision == "fp8") & caches_heads, 1.0, 2.0)
    return Formats(
        dense_bytes=np.where(experts_only, 2.0, expert_bytes),
        expert_bytes=expert_bytes,
        kv_bytes=np.where(np.isnan(quantisation.kv_bytes), own_kv_bytes, quantisation.kv_bytes),
        gemm_tflops=peak,
        attention_tflops=np.asarray(node.bf16_dense_tflops, dtype=np.float64),
        dynamically_quantised=(native & np.isin(precision.astype(str), _DYNAMICALLY_QUANTISED)).astype(np.float64),
        reason=_reasons(precision, support, peak),
    )


def _reasons(precision: Texts, support: Texts, peak: Array) -> Texts:
    """Say why a row cannot run; '' where it can."""
    reasons = np.full(precision.shape, "", dtype=np.object_)
    unknown_format = ~np.isin(precision.astype(str), list(_WEIGHT_BYTES))
    refused = (support != "native") & (support != "weight_only")
    no_peak = np.isnan(peak)
    for index in np.flatnonzero(no_peak):
        reasons[index] = f"the accelerator has no {precision[index]} peak"
    for index in np.flatnonzero(refused):
        reasons[index] = f"software support of {precision[index]} on this accelerator: {support[index]}"
    for index in np.flatnonzero(unknown_format):
        reasons[index] = f"unknown precision {precision[index]}"
    return reasons


def sparse_figure_reason(node: Node, dense_tflops_per_watt_limit: Numbers) -> Texts:
    """Say which peak of a row cannot be a dense figure; '' where all can.

    Halving the bits doubles a dense peak (fp4 may triple on Blackwell Ultra), and no accelerator of a family has more
    16-bit TFLOPS per watt than its densest board: structured sparsity doubles a figure past one of these bounds.

    Args:
        node: Accelerators, shape (rows,).
        dense_tflops_per_watt_limit: Bound of the row's family [TFLOPS/W].
    """
    slack = 1.05
    bf16 = np.asarray(node.bf16_dense_tflops, dtype=np.float64)
    fp8 = np.asarray(node.fp8_dense_tflops, dtype=np.float64)
    reasons = np.full(bf16.shape, "", dtype=np.object_)
    reasons[np.asarray(node.fp4_dense_tflops) > 3.0 * slack * fp8] = "fp4 peak looks sparse: over 3 times fp8"
    reasons[np.asarray(node.int8_dense_tops) > 2.0 * slack * bf16] = "int8 peak looks sparse: over 2 times 16 bit"
    reasons[fp8 > 2.0 * slack * bf16] = "fp8 peak looks sparse: over 2 times 16 bit"
    per_watt = bf16 / np.asarray(node.tdp_w, dtype=np.float64)
    reasons[per_watt > dense_tflops_per_watt_limit] = "16-bit peak looks sparse: too many TFLOPS per watt"
    return reasons
