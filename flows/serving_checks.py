"""The serving model beside what was measured and published: throughput, latency, energy, a day of DeepSeek."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from costmodel import disaggregated, serving
from costmodel.coefficients import CoefficientTable
from costmodel.types import Array
from flows.fits import (
    CALIBRATED,
    FAST_STACK,
    calibrate,
    host_overhead_ratio,
    mape,
    pair_ratio,
    sibling_ratio,
    unfitted_ratio,
    untouched_ratio,
    with_host_overhead,
)
from flows.measured import Inputs, Row, fact_table, inputs_of, numbers, points_of
from flows.published_cases import Check

_SHAPE_TOLERANCE = 0.30
_PROMPT_HEAVY = 4.0
_BIAS_TOLERANCE = 0.10
_LATENCY_TOLERANCE = 0.25
_UNFITTED_TOLERANCE = 0.30
_FAST_SOURCE = "NVIDIA TensorRT-LLM 0.17 performance overview"
_FASTER_SOURCE = "NVIDIA TensorRT-LLM 1.0 performance overview"
_PHYSICS_TOLERANCE = 0.40
#: Error allowed on models left out of the calibration: step and energy per token.
_LEFT_OUT_TOLERANCE = {"h100-sxm": (0.18, 0.20), "b200-sxm": (0.30, 0.26)}

#: DeepSeek's published day: tokens per second and node, on average over a day at the usual headroom.
_DEEPSEEK_PREFILL_TOK_S, _DEEPSEEK_DECODE_TOK_S = 73_700.0, 14_800.0
_DEEPSEEK_SOURCE = "DeepSeek open-infra-index day 6 (2025-02-27/28)"
_DEEPSEEK_NETWORK_GBIT_S = 3200.0
_DEEPSEEK_SCENARIO = "deepseek-day"


def deepseek_day() -> Iterator[Check]:
    """Predict both phases of DeepSeek's published day from physics, at the scenario's utilisation."""
    inputs = _deepseek_inputs()
    rows, _ = serving.prepare(*inputs)
    rates = disaggregated.rates(rows)
    load = float(np.asarray(inputs.workload.target_utilisation_ratio))
    for phase, rate, published in (
        ("prefill", rates.prefill_tok_s_per_node, _DEEPSEEK_PREFILL_TOK_S),
        ("decode", rates.decode_tok_s_per_node, _DEEPSEEK_DECODE_TOK_S),
    ):
        yield Check(
            f"deepseek-day-{phase}",
            f"DeepSeek day: {phase} per node, from physics",
            float(rate[0]) * load,
            published,
            "token/s",
            _PHYSICS_TOLERANCE,
            "independent",
            _DEEPSEEK_SOURCE,
        )


def throughput_shapes() -> Iterator[Check]:
    """Predict the maximum-throughput shapes of each model, the stack's host overhead fitted on the other's.

    The widths of two priors were chosen with these points in view. Then the median bias by ratio of prompt to output,
    for which one coefficient has seen all shapes.
    """
    table = fact_table("serving_coefficient")
    rows = points_of("throughput")
    for model in sorted({row["model"] for row in rows}):
        ratio = host_overhead_ratio(table, [row for row in rows if row["model"] != model])
        chosen = [row for row in rows if row["model"] == model]
        predicted = _throughput(with_host_overhead(table, ratio), chosen)
        for row, ours in zip(chosen, predicted.tolist(), strict=True):
            yield Check(
                row["point"],
                "Maximum throughput, host overhead of the stack fitted on the other model",
                ours,
                float(row["output_tok_s"]),
                "token/s",
                _SHAPE_TOLERANCE,
                "selected",
                row["source"],
            )
    shape = numbers(rows, "input_tokens") / numbers(rows, "output_tokens")
    bias = _throughput(table, rows) / numbers(rows, "output_tok_s")
    for name, of_shape in (("below-1", shape < 1.0), ("above-4", shape > _PROMPT_HEAVY)):
        yield Check(
            f"throughput-bias-{name}",
            f"Median of ours over measured, prompt over output {name.replace('-', ' ')}",
            float(np.median(bias[of_shape])),
            1.0,
            "ratio",
            _BIAS_TOLERANCE,
            "calibrated",
            rows[0]["source"],
        )


def _throughput(table: CoefficientTable, rows: Sequence[Row]) -> Array:
    inputs = inputs_of(rows, table, FAST_STACK)
    return serving.plan(*inputs, tensor_parallel=numbers(rows, "accelerators")).output_tok_s_per_replica


def latency_points() -> Iterator[Check]:
    """Predict inter-token latency at fixed concurrency; two priors got their widths with these points in view."""
    rows = points_of("latency")
    inputs = inputs_of(rows, fact_table("serving_coefficient"), FAST_STACK)
    plan = serving.plan(*inputs, tensor_parallel=numbers(rows, "accelerators"), batch=numbers(rows, "concurrency"))
    for row, ours in zip(rows, plan.itl_ms, strict=True):
        yield Check(
            row["point"],
            "Inter-token latency",
            float(ours),
            float(row["itl_ms"]),
            "ms",
            _LATENCY_TOLERANCE,
            "selected",
            row["source"],
        )


def left_out_errors() -> Iterator[Check]:
    """Errors of the calibration on models it has not seen; the form of the step was chosen on them."""
    for accelerator in CALIBRATED:
        fit = calibrate(accelerator)
        errors = (
            ("step time", mape(fit.left_out.step_s, fit.points.step_s)),
            ("energy per token", mape(fit.left_out.joules_per_token, fit.points.joules_per_token)),
        )
        for (what, error), tolerance in zip(errors, _LEFT_OUT_TOLERANCE[accelerator], strict=True):
            yield Check(
                f"left-out-{accelerator}-{what.replace(' ', '-')}",
                f"Mean absolute error of {what} on {accelerator}, one model left out",
                error / 100.0,
                0.0,
                "ratio",
                tolerance,
                "selected",
                "ML.ENERGY benchmark 3.0 runs",
            )


def unfitted_accelerators() -> Iterator[Check]:
    """Errors on accelerators that the coefficients have not seen."""
    table = fact_table("serving_coefficient")
    for key, name, ratio, source in (
        ("mi300x", "throughput of MI300X, from the priors", unfitted_ratio(), "Oracle and AMD runs of vLLM"),
        ("a100", "throughput of A100 relative to H100", pair_ratio(table), "Lambda vLLM benchmark, 2024-09"),
        ("a100-alone", "throughput of A100, from the priors", untouched_ratio(table, "a100-sxm-80"), _FAST_SOURCE),
        ("l40s", "throughput of L40S, from the priors", untouched_ratio(table, "l40s"), _FAST_SOURCE),
        ("hopper", "throughput of H200 relative to H100", sibling_ratio(table, "hopper"), _FASTER_SOURCE),
        (
            "blackwell",
            "throughput of GB200 and RTX PRO 6000 relative to B200",
            sibling_ratio(table, "blackwell"),
            _FASTER_SOURCE,
        ),
    ):
        yield Check(
            f"unfitted-{key}",
            f"Mean absolute error of {name}",
            mape(ratio, 1.0) / 100.0,
            0.0,
            "ratio",
            _UNFITTED_TOLERANCE,
            "independent",
            source,
        )


def _deepseek_inputs() -> Inputs:
    """Build the published day: H800 nodes with eight 400 Gbit/s ports, at the scenario's tokens."""
    facts = fact_table("scenario_fact")[_DEEPSEEK_SCENARIO]
    row = {
        "model": "deepseek-v3",
        "accelerator": "h800-sxm",
        "accelerators": "8",
        "precision": "fp8",
        "kv_bytes": "",
        "input_tokens": str(facts["input_tokens"]),
        "output_tokens": str(facts["output_tokens"]),
        "cache_hit_ratio": str(facts["cache_hit_ratio"]),
        "length_biased_output_tokens": str(facts["output_length_bias_ratio"] * facts["output_tokens"] / 2.0),
    }
    inputs = inputs_of([row], fact_table("serving_coefficient"), "vllm")
    workload = replace(
        inputs.workload,
        itl_mean_ms=facts["itl_mean_ms"],
        target_utilisation_ratio=facts["target_utilisation_ratio"],
    )
    return inputs._replace(workload=workload, node=replace(inputs.node, scale_out_gbit_s=_DEEPSEEK_NETWORK_GBIT_S))
