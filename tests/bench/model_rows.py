"""One process that runs the cost model on many rows.

python -m tests.bench.model_rows cost ROWS DRAWS | plan ROWS     prints seconds, peak MB, rows
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from dataclasses import replace

import numpy as np

from costmodel import serving
from costmodel.evaluate import evaluate
from costmodel.money import COMPONENTS
from flows.costing import THREADS
from flows.measured import Inputs, fact_table, inputs_of
from tests.bench.measure import Raw, own_peak_mb
from tests.costmodel.options import BEDROCK, BF16, CLOUD, DGX_H100, FP8, columns, option, seed_assumptions

MODELS = ("llama-3.1-70b", "qwen3-32b", "gpt-oss-120b", "deepseek-v3")
ACCELERATORS = ("h100-sxm", "a100-sxm-80", "h200-sxm", "l4")
COPIED_BYTES = 1 << 28  # beyond any cache
FLOAT_BYTES = 8


def many_rows(count: int) -> dict[str, np.ndarray]:
    """Options of every kind of billing, at volumes of ten thousand to a billion requests a day."""
    uncertain = {"throughput_ratio_low": 0.7, "throughput_ratio_high": 1.3}
    server = {"server_price_usd_low": 240e3, "server_price_usd_high": 330e3}
    clouds = [option(CLOUD, plan, uncertain, billing=b) for plan in (BF16, FP8) for b in ("always_on", "autoscaled")]
    mixed = option(CLOUD, FP8, uncertain, billing="mix", usd_per_hour=43.16)
    site = [option(DGX_H100, FP8, uncertain, server, deployment=d) for d in ("owned", "colocated")]
    few = columns([*clouds, mixed, *site, option(BEDROCK)])
    index = np.resize(np.arange(len(few["deployment"])), count)
    table = {name: values[index] for name, values in few.items()}
    return table | {"requests_per_day": 10 ** np.random.default_rng(0).uniform(4, 9, count)}


def cost(rows: int, draws: int) -> Raw:
    """Cost of `rows` options, and the rate at which memory alone could take and give their draws."""
    table, assumptions = many_rows(rows), seed_assumptions()
    start = time.perf_counter()
    evaluate(table, assumptions, draws, threads=THREADS)
    seconds = time.perf_counter() - start
    peak_mb = own_peak_mb()
    bytes_per_s = copy_bytes_per_s()
    # each draw of each component and of the total, written once and read once; the base values are one more draw
    moved = (len(COMPONENTS) + 1) * (draws + 1) * FLOAT_BYTES * 2
    return {
        "rows": rows,
        "seconds": seconds,
        "peak_mb": peak_mb,
        "copy_gb_per_s": bytes_per_s / 1e9,
        "limit_rows_per_s": bytes_per_s / moved,
    }


def copy_bytes_per_s() -> float:
    """Bytes that numpy reads and writes per second when it copies a large array; the best of five."""
    source = np.ones(COPIED_BYTES // FLOAT_BYTES)
    target = np.empty_like(source)
    times = []
    for _ in range(6):
        start = time.perf_counter()
        np.copyto(target, source)
        times.append(time.perf_counter() - start)
    return 2 * COPIED_BYTES / min(times[1:])


def plan(rows: int) -> Raw:
    """Serving plans of `rows` configurations."""
    inputs = configurations(rows)
    start = time.perf_counter()
    found = serving.plan(*inputs)
    seconds = time.perf_counter() - start
    return {"rows": rows, "seconds": seconds, "peak_mb": own_peak_mb(), "served": int((found.status == "ok").sum())}


def configurations(count: int) -> Inputs:
    """Models on groups of accelerators, with requests of 100 to 4,000 tokens."""
    shapes = itertools.cycle(itertools.product(MODELS, ACCELERATORS, ("4", "8")))
    lengths = np.random.default_rng(0).uniform(100, 4000, (count, 2)).round().tolist()
    rows = [
        {
            "model": model,
            "accelerator": accelerator,
            "accelerators": accelerators,
            "precision": "bf16",
            "kv_bytes": "",
            "input_tokens": str(tokens_in),
            "output_tokens": str(tokens_out),
            "cache_hit_ratio": "0",
            "length_biased_output_tokens": str(tokens_out / 2),
        }
        for (model, accelerator, accelerators), (tokens_in, tokens_out) in zip(shapes, lengths, strict=False)
    ]
    inputs = inputs_of(rows, fact_table("serving_coefficient"), "vllm")
    return inputs._replace(workload=replace(inputs.workload, ttft_p95_ms=2000.0, itl_mean_ms=50.0))


if __name__ == "__main__":
    work, *counts = sys.argv[1:]
    answer = {"cost": cost, "plan": plan}[work](*map(int, counts))
    json.dump(answer, sys.stdout)
