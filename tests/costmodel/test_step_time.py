"""Terms of the decode step, each against a figure worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import serving
from costmodel.latency import time_to_first_token_s
from costmodel.step_time import Rows, cached_values, context_tokens, expert_parallel, prefill_seconds, step_time
from tests.serving_cases import case

ONE = np.array([1.0])


def prepared(*arguments: str, **options: float | str) -> Rows:
    rows, _ = serving.prepare(*case(*arguments, **options))
    return rows


def with_coefficients(rows: Rows, **changes: float) -> Rows:
    arrays = {name: np.array([value]) for name, value in changes.items()}
    return replace(rows, coefficients=replace(rows.coefficients, **arrays))


def test_weights_are_read_once_per_step() -> None:
    rows = with_coefficients(prepared("llama-3.1-8b", "h100-sxm"), weight_bandwidth_efficiency=1.0)
    # 7.505e9 weights that a token uses, 2 bytes each, at 3,350 GB/s
    assert step_time(rows, ONE, ONE).weights_s[0] == pytest.approx(2 * 7.505e9 / 3.35e12, rel=1e-3)


def test_cache_is_read_once_per_sequence_and_step() -> None:
    rows = prepared("llama-3.1-8b", "h100-sxm", input_tokens=1000.0, output_tokens=500.0)
    ideal = with_coefficients(rows, kv_bandwidth_efficiency=1.0, compute_efficiency=1e9)
    # 131,072 bytes per token, 1,250 tokens, 64 sequences
    assert step_time(ideal, 64 * ONE, ONE).kv_cache_s[0] == pytest.approx(64 * 1250 * 131_072 / 3.35e12)


def test_grouped_query_cache_splits_over_its_heads_only() -> None:
    rows = prepared("qwen3-235b-a22b", "h100-sxm")  # four key-value heads
    step = [step_time(rows, 64 * ONE, group * ONE).kv_cache_s[0] for group in (2.0, 4.0, 8.0)]
    assert step[0] / step[1] == pytest.approx(2.0, rel=0.01)
    assert step[1] / step[2] == pytest.approx(1.0, rel=0.01)


def test_one_sequence_reads_the_share_of_experts_it_chose() -> None:
    rows = prepared("gpt-oss-120b", "h100-sxm", "fp4", input_tokens=1.0, output_tokens=1e6)
    plain = with_coefficients(rows, weight_bandwidth_efficiency=1e9, expert_bandwidth_efficiency=1.0)
    experts = 114.66e9 * 0.53  # bytes of all routed experts
    assert step_time(plain, ONE, ONE).weights_s[0] == pytest.approx(experts * 4 / 128 / 3.35e12, rel=0.01)
    assert step_time(plain, 500 * ONE, ONE).weights_s[0] == pytest.approx(experts / 3.35e12, rel=0.01)


def test_prefill_is_two_flop_per_weight_and_its_attention() -> None:
    rows = prepared("llama-3.1-70b", "h100-sxm", "fp8", input_tokens=2000.0)
    ideal = with_coefficients(rows, prefill_efficiency=1.0)
    products = 2 * 69.5e9 / 1979e12
    attention = 4 * 80 * 64 * 128 * 1000 / 989e12  # 16 bit, half of the prompt on average
    assert prefill_seconds(ideal, 2000.0, 2.0)[0] == pytest.approx(1000 * (products + attention), rel=1e-3)


def test_a_prompt_attends_to_the_part_of_it_that_was_cached() -> None:
    rows = prepared("llama-3.1-70b", "h100-sxm", "fp8", input_tokens=2000.0, cache_hit_ratio=0.5)
    ideal = with_coefficients(rows, prefill_efficiency=1.0)
    products = 2 * 69.5e9 / 1979e12
    attention = 4 * 80 * 64 * 128 * 1500 / 989e12  # the new half comes after 1,000 to 2,000 tokens
    assert prefill_seconds(ideal, 1000.0, 1.0)[0] == pytest.approx(1000 * (products + attention), rel=1e-3)


def first_token_s(batch: float, slots: float, prompt_overhead_ms: float, **workload: float) -> float:
    """P95 of time to first token at 80 % load: 50 ms a step, 10 of them prefill; outputs of 100 tokens take 5 s."""
    rows = prepared("llama-3.1-8b", "h100-sxm", output_tokens=100.0, **workload)
    rows = with_coefficients(rows, prompt_overhead_ms=prompt_overhead_ms, host_overhead_ratio=1.0, prefill_efficiency=1)
    step = replace(step_time(rows, ONE, ONE), total_s=0.05 * ONE, prefill_s=0.01 * ONE)
    return float(time_to_first_token_s(rows, step, batch * ONE, slots * ONE, ONE)[0])


def test_a_long_prompt_waits_for_a_step_per_chunk() -> None:
    # 20,000 tokens in chunks of 8,192 take three steps of 40 ms, beside their own products and attention
    own_s = 20_000 * (2 * 7.505e9 + 4 * 32 * 32 * 128 * 10_000) / 989e12
    assert first_token_s(0.01, 64.0, 0.0, input_tokens=20_000.0) == pytest.approx(own_s + 3 * 0.04, rel=1e-3)


def test_a_request_waits_for_a_place_at_the_load_of_the_places() -> None:
    # 1.5 of 3 places at 80 %: load .4, P(wait) = .4^(sqrt(8) - 1) = .1872; 5 / (3 x .6) x ln(.1872 / .05) = 3.668 s
    assert first_token_s(1.5, 3.0, 0.0, input_tokens=1.0) == pytest.approx(3.668 + 0.04, rel=1e-3)


def test_a_prompt_waits_for_the_prompts_before_it() -> None:
    # four requests of 5 s, half a second of prompt each, at 80 %: load .32; .5 / (2 x .68) x ln(.32 / .05) = .6825 s
    assert first_token_s(4.0, 64.0, 500.0, input_tokens=1.0) == pytest.approx(0.6825 + 0.5 + 0.04, rel=1e-3)


def test_a_step_with_a_prompt_reads_the_experts_of_its_tokens() -> None:
    rows = prepared("gpt-oss-120b", "h100-sxm", "fp4", input_tokens=10.0, output_tokens=1.0)
    plain = with_coefficients(rows, weight_bandwidth_efficiency=1e9, expert_bandwidth_efficiency=1.0)
    # one prompt a step: none in 1/e of the steps, which read 1/32; with one, 1 - (31/32)^11 = .2948 of the experts
    read = np.exp(-1) / 32 + (1 - np.exp(-1)) * 0.2948
    assert step_time(plain, ONE, ONE).weights_s[0] == pytest.approx(114.66e9 * 0.53 * read / 3.35e12, rel=0.01)


def test_decode_and_prefill_have_their_own_efficiency() -> None:
    rows = prepared("llama-3.1-70b", "h100-sxm")
    slower = with_coefficients(rows, prefill_efficiency=0.3)
    base, slow = (step_time(each, 32 * ONE, 4 * ONE) for each in (rows, slower))
    assert slow.prefill_s[0] > 2.0 * base.prefill_s[0]
    assert slow.compute_s[0] == base.compute_s[0]


def test_one_accelerator_does_not_communicate() -> None:
    assert step_time(prepared("llama-3.1-8b", "h100-sxm"), ONE, ONE).communication_s[0] == 0.0


def test_all_reduces_take_latency_and_bytes() -> None:
    rows = prepared("llama-3.1-70b", "h100-sxm", input_tokens=0.0)
    ideal = with_coefficients(rows, collective_latency_ms=0.01, link_efficiency=1.0)
    latency = 2 * 80 * 2 * 0.01e-3  # two per layer, two doublings
    moved = 2 * 80 * 16 * 8192 * 2 * 2 * 3 / 4
    assert step_time(ideal, 16 * ONE, 4 * ONE).communication_s[0] == pytest.approx(latency + moved / 450e9)


def test_parts_make_the_step() -> None:
    step = step_time(prepared("gpt-oss-120b", "b200-sxm", "fp4"), 64 * ONE, 2 * ONE)
    products = np.hypot(step.weights_s, step.compute_s)
    others = step.kv_cache_s + step.prefill_s + step.communication_s + step.overhead_s
    assert step.total_s[0] == pytest.approx((products + others)[0])


def test_an_ideal_roofline_is_far_too_fast() -> None:
    # Measured: 70B in bf16 on four H100, batch 63.8, 2,510.5 token/s (ML.ENERGY): 25.4 ms; bytes over bandwidth: 11 ms
    rows = prepared("llama-3.1-70b", "h100-sxm", input_tokens=250.0, output_tokens=352.0)
    step = step_time(rows, 63.8 * ONE, 4 * ONE)
    assert step.total_s[0] == pytest.approx(63.8 / 2510.5, rel=0.25)
    assert step.memory_bandwidth_utilisation[0] * step.total_s[0] < 0.5 * step.total_s[0]


def test_length_bias_lengthens_the_context() -> None:
    workload = case("llama-3.1-8b", "h100-sxm", input_tokens=1000.0, output_tokens=400.0).workload
    assert context_tokens(workload)[0] == 1200.0
    assert context_tokens(replace(workload, output_length_bias_ratio=1.91))[0] == pytest.approx(1382.0)


def test_a_window_caps_the_cache() -> None:
    model = prepared("gpt-oss-120b", "h100-sxm", "fp4").architecture
    values = 73_728 / 2
    assert cached_values(model, 100.0)[0] == pytest.approx(100 * values)
    assert cached_values(model, 10_000.0)[0] == pytest.approx((10_000 + 128) * values / 2)


def test_experts_in_parallel_wait_for_the_busiest() -> None:
    rows = prepared("qwen3-235b-a22b", "h100-sxm")
    assert expert_parallel(rows, 8 * ONE)[0] == 8
    balanced = with_coefficients(rows, expert_imbalance_ratio=1.0)
    assert step_time(rows, 64 * ONE, 8 * ONE).weights_s[0] > step_time(balanced, 64 * ONE, 8 * ONE).weights_s[0]


@settings(max_examples=60, deadline=None)
@given(
    batch=st.floats(1.0, 2000.0),
    group=st.sampled_from([1.0, 2.0, 4.0, 8.0]),
    model=st.sampled_from(["llama-3.1-8b", "llama-3.1-405b", "deepseek-v3", "gpt-oss-120b", "mixtral-8x7b"]),
    accelerator=st.sampled_from(["h100-sxm", "b200-sxm", "mi300x", "a100-sxm-80"]),
)
def test_steps_are_positive_and_below_the_peaks(batch: float, group: float, model: str, accelerator: str) -> None:
    step = step_time(prepared(model, accelerator), batch * ONE, group * ONE)
    assert step.total_s[0] > 0.0
    assert 0.0 < step.memory_bandwidth_utilisation[0] < 1.0
    assert 0.0 < step.compute_utilisation[0] < 1.0
