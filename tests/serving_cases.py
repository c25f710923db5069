"""Rows for the serving model, from the reference tables by id."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from costmodel import serving
from costmodel.serving import ServingPlan
from flows.measured import Inputs, fact_table, inputs_of


def case(
    model: str,
    accelerator: str,
    precision: str = "bf16",
    *,
    accelerators: int = 8,
    input_tokens: float = 1154.7,
    output_tokens: float = 211.1,
    cache_hit_ratio: float = 0.0,
    ttft_p95_ms: float = np.nan,
    itl_mean_ms: float = np.nan,
    scale_out_gbit_s: float = np.nan,
    stack: str = "vllm",
) -> Inputs:
    """Give one row; outputs of equal length."""
    row = {
        "model": model,
        "accelerator": accelerator,
        "accelerators": str(accelerators),
        "precision": precision,
        "kv_bytes": "",
        "input_tokens": str(input_tokens),
        "output_tokens": str(output_tokens),
        "cache_hit_ratio": str(cache_hit_ratio),
        "length_biased_output_tokens": str(output_tokens / 2.0),
    }
    inputs = inputs_of([row], fact_table("serving_coefficient"), stack)
    return inputs._replace(
        workload=replace(inputs.workload, ttft_p95_ms=ttft_p95_ms, itl_mean_ms=itl_mean_ms),
        node=replace(inputs.node, scale_out_gbit_s=scale_out_gbit_s),
    )


def plan(*arguments: str, **options: float | str) -> ServingPlan:
    """Plan one row of `case`."""
    return serving.plan(*case(*arguments, **options))


def dialogue(accelerator: str, precision: str, **options: float) -> ServingPlan:
    """Plan the dialogue anchor: Llama-3.1-70B, 1,154.7 in, 211.1 out, 1,000 ms to the first token, then 50 ms."""
    return plan("llama-3.1-70b", accelerator, precision, ttft_p95_ms=1000.0, itl_mean_ms=50.0, **options)
