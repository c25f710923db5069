"""Time to first token of a replica at its target utilisation, in closed form.

Three parts add up: waiting for a place in the batch, waiting for the prompts before, and the prompt's own prefill.
Waiting times are exponential in the tail, so their 95th percentile is mean-of-those-who-wait x ln(P(wait) / 5 %).
"""

from __future__ import annotations

import numpy as np

from costmodel.step_time import Rows, StepTime, new_tokens, prefill_seconds
from costmodel.types import Array, Numbers

_TAIL = 0.05


def time_to_first_token_s(rows: Rows, step: StepTime, batch: Array, slots: Array, group: Numbers) -> Array:
    """95th percentile of time to first token at the target utilisation [s].

    Args:
        rows: Models, workloads, accelerators, formats and coefficients.
        step: The step at full load.
        batch: Sequences decoded together at full load.
        slots: Sequences that memory has room for.
        group: Accelerators per replica.
    """
    work = rows.workload
    load = np.asarray(work.target_utilisation_ratio)
    request_s = np.asarray(work.output_tokens) * step.total_s
    place_s = _wait_for_a_place_s(request_s, load * batch / slots, slots)

    fresh = new_tokens(work)
    own_s = prefill_seconds(rows, fresh, group) + _prompt_overhead_s(rows)
    queue_s = wait_for_prompts_s(own_s, load * np.minimum(own_s * batch / request_s, 1.0))
    decode_s = step.total_s - step.prefill_s
    chunks = np.maximum(np.ceil(fresh / rows.coefficients.prefill_chunk_tokens), 1.0)
    return np.asarray(place_s + queue_s + own_s + chunks * decode_s)


def _prompt_overhead_s(rows: Rows) -> Array:
    return np.asarray(rows.coefficients.host_overhead_ratio * rows.coefficients.prompt_overhead_ms) * 1e-3


def _wait_for_a_place_s(request_s: Array, load: Array, slots: Array) -> Array:
    """M/M/c queue before the batch; P(wait) = load^(sqrt(2(c+1))-1) (Sakasegawa 1977)."""
    waits = load ** (np.sqrt(2.0 * (slots + 1.0)) - 1.0)
    return request_s / (slots * (1.0 - load)) * np.log(np.maximum(waits / _TAIL, 1.0))


def wait_for_prompts_s(prefill_s: Array, load: Array) -> Array:
    """M/D/1 queue of prompts: those who wait, wait prefill / (2 (1 - load)) on average."""
    return prefill_s / (2.0 * (1.0 - load)) * np.log(np.maximum(load / _TAIL, 1.0))
