"""What a serving plan is made of: workload, node, coefficients. One entry per row; scalars broadcast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from typing import Any, TypeVar, cast

import numpy as np

from costmodel.types import Numbers, Texts


@dataclass(frozen=True, slots=True)
class Workload:
    """An average request of a scenario and the latency it must meet; NaN takes a field's default.

    Attributes:
        input_tokens: Prompt tokens per request [token].
        output_tokens: Generated tokens per request [token].
        cache_hit_ratio: Share of prompt tokens whose cache is reused; they cost memory but no prefill [ratio].
        output_length_bias_ratio: Length-biased mean context of the outputs over half their mean length,
            (E[L^2] / (2 E[L])) / (E[L] / 2); 1 when all outputs are equally long [ratio].
        ttft_p95_ms: Target for the 95th percentile of time to first token; NaN: no target [ms].
        itl_mean_ms: Target for the mean inter-token latency; NaN: no target [ms].
        target_utilisation_ratio: Share of a replica's capacity used in the peak hour; requests queue at it [ratio].
        peak_requests_per_s: Requests in a second of the busiest hour; infinite: a fleet of any size [1/s].
        min_replicas: Replicas kept up at any hour.
    """

    input_tokens: Numbers
    output_tokens: Numbers
    cache_hit_ratio: Numbers = 0.0
    output_length_bias_ratio: Numbers = 1.0
    ttft_p95_ms: Numbers = np.nan
    itl_mean_ms: Numbers = np.nan
    target_utilisation_ratio: Numbers = 0.8
    peak_requests_per_s: Numbers = np.inf
    min_replicas: Numbers = 1.0


@dataclass(frozen=True, slots=True)
class Node:
    """A node type and its accelerators. Every figure is per accelerator unless it says per node; NaN: unknown.

    Attributes:
        accelerators: Accelerators per node.
        memory_gb: Memory as the vendor names it ("80 GB" is 80 GiB of HBM).
        memory_bandwidth_gb_s: Memory bandwidth [GB/s].
        bf16_dense_tflops: Dense 16-bit matrix peak [TFLOPS].
        fp8_dense_tflops: Dense fp8 peak; NaN where the hardware has none.
        int8_dense_tops: Dense int8 peak [TOPS]; NaN where it has none.
        fp4_dense_tflops: Dense fp4 peak; NaN where the hardware has none.
        tdp_w: Power limit [W].
        idle_w: Measured idle power [W]; NaN takes the family's share of the limit.
        scale_up_gb_s: Unidirectional accelerator-to-accelerator bandwidth [GB/s]; NaN or 0: replicas of one.
        scale_out_gbit_s: Network bandwidth per node [Gbit/s].
        accelerator_fraction: Share of one accelerator that the node holds (0.5 for half a card), else 1.
    """

    accelerators: Numbers
    memory_gb: Numbers
    memory_bandwidth_gb_s: Numbers
    bf16_dense_tflops: Numbers
    fp8_dense_tflops: Numbers = np.nan
    int8_dense_tops: Numbers = np.nan
    fp4_dense_tflops: Numbers = np.nan
    tdp_w: Numbers = np.nan
    idle_w: Numbers = np.nan
    scale_up_gb_s: Numbers = np.nan
    scale_out_gbit_s: Numbers = np.nan
    accelerator_fraction: Numbers = 1.0


@dataclass(frozen=True, slots=True)
class Quantisation:
    """The number format of each row.

    Attributes:
        precision: bf16, fp8, int8, int4 or fp4.
        support: What the software does with it on the row's accelerator and architecture: native (computes in it),
            weight_only (stores in it, computes in 16 bit), no, unknown.
        kv_bytes: Bytes per cached value [B]; NaN: 1 where the model computes in fp8 and caches keys and values
            (the server is then told to quantise the cache), else 2.
    """

    precision: Texts
    support: Texts
    kv_bytes: Numbers = np.nan


Struct = TypeVar("Struct", bound=Any)


def with_defaults(workload: Workload) -> Workload:
    """Put the defaults where a field is NaN; the tokens have none."""
    defaults = {field.name: field.default for field in fields(Workload) if field.default is not MISSING}
    values = {name: np.asarray(getattr(workload, name)) for name in defaults}
    return replace(
        workload, **{name: np.where(np.isnan(values[name]), defaults[name], values[name]) for name in values}
    )


def size_of(rows: object) -> int:
    """Give the row count of a struct of arrays: the size of its longest field."""
    return max(np.size(getattr(rows, name)) for name in _names(rows))


def broadcast(rows: Struct, count: int) -> Struct:
    """Give every field the shape (count,), numbers as float64 and texts as objects."""
    columns = {}
    for name in _names(rows):
        value = np.asarray(getattr(rows, name))
        kind = np.object_ if value.dtype.kind in "OU" else np.float64
        columns[name] = np.broadcast_to(value.astype(kind), (count,))
    return cast("Struct", type(rows)(**columns))


def from_columns(kind: type[Struct], columns: Mapping[str, Sequence[Any] | Numbers]) -> Struct:
    """Build a struct of arrays from a table's columns of the same names; further columns are ignored."""
    names = [name for name in _names(kind) if name in columns]
    return cast("Struct", kind(**{name: np.asarray(columns[name]) for name in names}))


def _names(struct: Any) -> list[str]:
    return [field.name for field in fields(struct)]
