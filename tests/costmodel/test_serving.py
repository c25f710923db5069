"""Plans: the worked anchors, what is refused, and what must hold for any workload."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from costmodel import architecture, candidates, serving
from costmodel.memory import batch_limit
from costmodel.precision import resolve, sparse_figure_reason
from costmodel.serving_inputs import Node, Quantisation, Workload, from_columns
from tests.serving_cases import case, dialogue, plan

REQUESTS_PER_DAY = 10e6
OUTPUT_TOKENS = 211.1


def accelerators_needed(made: serving.ServingPlan) -> float:
    """Average accelerators for 10 M dialogue requests a day."""
    per_accelerator = made.output_tok_s_per_replica / made.tensor_parallel
    return float((REQUESTS_PER_DAY * OUTPUT_TOKENS / 86_400 / per_accelerator)[0])


def test_dialogue_anchor_in_16_bit() -> None:
    made = dialogue("h100-sxm", "bf16")
    assert made.status[0] == "ok"
    assert made.tensor_parallel[0] == 4
    assert made.replicas_per_node[0] == 2
    assert made.batch[0] == pytest.approx(61, rel=0.2)
    assert made.output_tok_s_per_replica[0] / 4 == pytest.approx(305, rel=0.2)
    assert accelerators_needed(made) == pytest.approx(80, rel=0.2)


def test_dialogue_anchor_in_fp8() -> None:
    made = dialogue("h100-sxm", "fp8")
    assert made.tensor_parallel[0] == 2
    assert accelerators_needed(made) == pytest.approx(39, rel=0.2)
    nodes = np.ceil(accelerators_needed(made) * 2.0 / 8.0) + 1.0
    assert nodes == pytest.approx(11, rel=0.2)


def test_the_naive_answer_is_four_times_too_small() -> None:
    assert accelerators_needed(dialogue("h100-sxm", "bf16")) > 3.0 * 20.0


def test_both_targets_are_met() -> None:
    made = dialogue("h100-sxm", "bf16")
    assert made.itl_ms[0] <= 50.0
    assert made.ttft_ms[0] <= 1000.0


def test_time_of_a_request_follows_from_throughput() -> None:
    made = dialogue("h100-sxm", "bf16")
    assert made.replica_seconds_per_request[0] == pytest.approx(OUTPUT_TOKENS / made.output_tok_s_per_replica[0])


def test_a_rack_serves_in_groups_larger_than_a_server() -> None:
    """A 3.7 TB model takes 24 accelerators of 72; in groups of 8 it would leave no room for requests."""
    made = plan("gpt-4-assumed", "gb300", "bf16", accelerators=72)
    assert made.status[0] == "ok"
    assert made.tensor_parallel[0] == 24  # divides its 120 heads
    assert made.replicas_per_node[0] == 3
    forced = serving.plan(*case("gpt-4-assumed", "gb300", "bf16", accelerators=72), tensor_parallel=8.0)
    assert forced.status[0] == "does_not_fit"


def test_what_one_accelerator_of_an_unlinked_node_cannot_hold_is_said_so() -> None:
    made = plan("llama-3.1-70b", "trn2", "bf16", accelerators=16)
    assert made.status[0] == "does_not_fit"
    assert made.status_reason[0].endswith("do not fit one accelerator, and no link between the node's is known")
    assert plan("llama-3.1-405b", "h100-sxm", "bf16").status_reason[0].endswith("do not fit the node")


def test_an_a100_has_no_fp8_flops() -> None:
    a100 = dialogue("a100-sxm-80", "fp8")
    bf16 = dialogue("a100-sxm-80", "bf16")
    assert a100.status[0] in {"ok", "misses_latency"}  # weights only: smaller, computed in 16 bit
    prompt = {"input_tokens": 100_000.0, "output_tokens": 10.0}
    weight_only = plan("llama-3.1-70b", "a100-sxm-80", "fp8", **prompt)
    plain = plan("llama-3.1-70b", "a100-sxm-80", "bf16", **prompt)
    # prefill decides here: its rate per accelerator cannot grow with a format that is not computed in
    assert _per_accelerator(weight_only) == pytest.approx(_per_accelerator(plain), rel=0.15)
    assert _per_accelerator(a100) > _per_accelerator(bf16)


def _per_accelerator(made: serving.ServingPlan) -> float:
    return float((made.output_tok_s_per_replica / made.tensor_parallel)[0])


def test_native_support_without_a_peak_is_not_supported() -> None:
    inputs = case("llama-3.1-70b", "a100-sxm-80", "fp8")
    wrong = inputs.quantisation.__class__(inputs.quantisation.precision, np.array(["native"], dtype=object))
    made = serving.plan(*inputs._replace(quantisation=wrong))
    assert made.status[0] == "not_supported"
    assert "no fp8 peak" in made.status_reason[0]
    assert np.isnan(made.output_tok_s_per_replica[0])


@pytest.mark.parametrize("support", ["no", "unknown"])
def test_what_the_software_does_not_do_is_not_supported(support: str) -> None:
    inputs = case("llama-3.1-70b", "h100-sxm", "fp8")
    quantisation = Quantisation(inputs.quantisation.precision, np.array([support], dtype=object))
    made = serving.plan(*inputs._replace(quantisation=quantisation))
    assert made.status[0] == "not_supported"
    assert support in made.status_reason[0]


@pytest.mark.parametrize(
    ("accelerator", "sparse"),
    [
        ("b200-sxm", {"fp8_dense_tflops": 9000.0}),  # the sparse figure of many pages
        ("b200-sxm", {"bf16_dense_tflops": 4500.0, "fp8_dense_tflops": 9000.0, "fp4_dense_tflops": 18000.0}),
        ("h100-sxm", {"bf16_dense_tflops": 1979.0, "fp8_dense_tflops": 3958.0, "int8_dense_tops": 3958.0}),
        ("h100-sxm", {"fp8_dense_tflops": 3958.0}),
        ("a100-sxm-80", {"bf16_dense_tflops": 624.0, "int8_dense_tops": 1248.0}),
        ("a100-sxm-80", {"int8_dense_tops": 1248.0}),
        ("l40s", {"bf16_dense_tflops": 733.0, "fp8_dense_tflops": 1466.0, "int8_dense_tops": 1466.0}),
    ],
)
def test_a_sparse_figure_is_rejected(accelerator: str, sparse: dict[str, float]) -> None:
    inputs = case("llama-3.1-8b", accelerator)
    assert serving.plan(*inputs).status[0] == "ok"
    made = serving.plan(*inputs._replace(node=replace(inputs.node, **sparse)))
    assert made.status[0] == "not_supported"
    assert "sparse" in made.status_reason[0]


def test_a_model_too_large_for_the_node_does_not_fit() -> None:
    made = plan("llama-3.1-405b", "h100-sxm", "bf16")
    assert made.status[0] == "does_not_fit"
    assert "812 GB" in made.status_reason[0]
    assert np.isnan(made.accelerator_watts[0])


def test_a_prompt_longer_than_the_context_is_not_supported() -> None:
    made = plan("dialogpt-medium", "t4", accelerators=1, input_tokens=1000.0, output_tokens=100.0)
    assert made.status[0] == "not_supported"
    assert "context" in made.status_reason[0]


@pytest.mark.parametrize("accelerator", ["t4", "l4", "a100-pcie-40"])
def test_small_talk_fits_one_small_card(accelerator: str) -> None:
    small_talk = {"input_tokens": 60.0, "output_tokens": 20.0, "ttft_p95_ms": 1000.0, "itl_mean_ms": 100.0}
    made = plan("dialogpt-medium", accelerator, accelerators=2, **small_talk)
    assert made.status[0] == "ok"
    assert made.tensor_parallel[0] == 1
    assert made.replicas_per_node[0] == 2


def test_an_unreachable_target_is_priced_at_the_nearest_point() -> None:
    made = plan("llama-3.1-70b", "h100-sxm", "bf16", itl_mean_ms=5.0)
    assert made.status[0] == "misses_latency"
    assert made.tensor_parallel[0] == 8
    assert made.batch[0] == 1
    assert made.itl_ms[0] > 5.0
    assert "nearest point" in made.status_reason[0]


def test_a_degree_must_divide_the_heads() -> None:
    # Qwen2.5-7B has 28 query heads: eight accelerators cannot share them.
    inputs = case("qwen2.5-7b", "h100-sxm")
    assert serving.plan(*inputs, tensor_parallel=8.0).status[0] == "does_not_fit"
    assert serving.plan(*inputs, tensor_parallel=4.0).status[0] == "ok"


def test_accelerators_without_a_link_serve_alone() -> None:
    inputs = case("llama-3.1-8b", "h100-sxm")
    unlinked = replace(inputs.node, scale_up_gb_s=np.nan)
    assert serving.plan(*inputs._replace(node=unlinked)).tensor_parallel[0] == 1


def test_part_of_a_card_has_part_of_its_memory() -> None:
    inputs = case("llama-3.1-8b", "l4", accelerators=1)
    assert serving.plan(*inputs).status[0] == "ok"
    half = serving.plan(*inputs._replace(node=replace(inputs.node, accelerator_fraction=0.5)))
    assert half.status[0] == "does_not_fit"


def test_experts_are_placed_whole_where_slices_would_be_thin() -> None:
    assert serving.plan(*case("qwen3-235b-a22b", "h100-sxm"), tensor_parallel=8.0).expert_parallel[0] == 8
    assert serving.plan(*case("gpt-oss-120b", "h100-sxm", "fp4"), tensor_parallel=2.0).expert_parallel[0] == 1
    assert dialogue("h100-sxm", "bf16").expert_parallel[0] == 1


def test_cache_hits_spare_prefill_but_not_memory() -> None:
    cold = plan("llama-3.1-70b", "h100-sxm", "bf16", input_tokens=4000.0)
    warm = plan("llama-3.1-70b", "h100-sxm", "bf16", input_tokens=4000.0, cache_hit_ratio=0.5)
    assert warm.replica_seconds_per_request[0] < cold.replica_seconds_per_request[0]
    assert warm.batch[0] == cold.batch[0]


def test_forced_degree_and_batch_are_taken() -> None:
    made = serving.plan(*case("llama-3.1-70b", "h100-sxm"), tensor_parallel=8.0, batch=16.0)
    assert (made.tensor_parallel[0], made.batch[0]) == (8, 16)


def test_evidence_falls_with_distance_from_the_measurements() -> None:
    assert dialogue("h100-sxm", "bf16").evidence[0] == "measured"
    assert dialogue("h200-sxm", "bf16").evidence[0] == "family"
    assert dialogue("a100-sxm-80", "bf16").evidence[0] == "family"  # checked relative to H100
    assert dialogue("gaudi3", "bf16").evidence[0] == "prior"
    widths = [
        float((made.throughput_ratio_high / made.throughput_ratio_low)[0])
        for made in (dialogue("h100-sxm", "bf16"), dialogue("h200-sxm", "bf16"), dialogue("gaudi3", "bf16"))
    ]
    assert widths == sorted(widths)


def test_rows_are_independent_of_each_other() -> None:
    rows = [case("llama-3.1-70b", "h100-sxm", "bf16"), case("gpt-oss-120b", "b200-sxm", "fp4"), case("qwen3-8b", "l4")]
    together = serving.plan(
        *(
            type(first)(
                **{
                    field.name: np.concatenate([np.atleast_1d(getattr(row[index], field.name)) for row in rows])
                    for field in fields(first)
                }
            )
            for index, first in enumerate(rows[0])
        )
    )
    for index, row in enumerate(rows):
        alone = serving.plan(*row)
        for field in fields(alone):
            assert getattr(together, field.name)[index] == pytest.approx(getattr(alone, field.name)[0], nan_ok=True)


def test_scalars_broadcast() -> None:
    inputs = case("llama-3.1-70b", "h100-sxm")
    scalars = from_columns(Node, {f.name: float(np.ravel(getattr(inputs.node, f.name))[0]) for f in fields(Node)})
    one_model = architecture.Architecture(
        **{f.name: float(np.ravel(getattr(inputs.architecture, f.name))[0]) for f in fields(inputs.architecture)}
    )
    batches = np.array([1.0, 8.0, 64.0])
    made = serving.plan(
        one_model,
        Workload(input_tokens=1154.7, output_tokens=211.1),
        scalars,
        inputs.quantisation,
        inputs.coefficients,
        tensor_parallel=4.0,
        batch=batches[:1],
    )
    assert made.batch.tolist() == [1.0]


def test_unknown_details_of_a_request_take_their_defaults() -> None:
    inputs = case("llama-3.1-70b", "h100-sxm")
    unknown = dict.fromkeys(("cache_hit_ratio", "output_length_bias_ratio", "target_utilisation_ratio"), np.nan)
    made = serving.plan(*inputs._replace(workload=replace(inputs.workload, **unknown)))
    assert made.batch[0] == serving.plan(*inputs).batch[0]


def test_weights_to_move() -> None:
    inputs = case("llama-3.1-70b", "h100-sxm", "fp8")
    fp8 = serving.weights_gb(inputs.architecture, inputs.quantisation, inputs.node)
    assert fp8[0] == pytest.approx(72.7, rel=0.005)  # the published fp8 checkpoint: 72.7 GB


@settings(max_examples=40, deadline=None)
@given(
    loose_ms=st.floats(20.0, 200.0),
    tighter=st.floats(0.3, 1.0),
    model=st.sampled_from(["llama-3.1-8b", "llama-3.1-70b", "gpt-oss-120b", "qwen3-30b-a3b"]),
    accelerator=st.sampled_from(["h100-sxm", "b200-sxm", "a100-sxm-80", "mi300x"]),
)
def test_a_tighter_target_never_saves_accelerator_time(
    loose_ms: float, tighter: float, model: str, accelerator: str
) -> None:
    loose = plan(model, accelerator, itl_mean_ms=loose_ms)
    tight = plan(model, accelerator, itl_mean_ms=loose_ms * tighter)
    if loose.status[0] == tight.status[0] == "ok":
        loose_s = loose.replica_seconds_per_request * loose.tensor_parallel
        tight_s = tight.replica_seconds_per_request * tight.tensor_parallel
        assert tight_s[0] >= loose_s[0] * (1.0 - 1e-4)
    else:
        assert tight.status[0] == "misses_latency"


@settings(max_examples=40, deadline=None)
@given(
    batch=st.floats(1.0, 60.0),
    more=st.floats(1.0, 8.0),
    model=st.sampled_from(["llama-3.1-8b", "qwen3-30b-a3b", "gpt-oss-120b"]),
)
def test_a_larger_batch_is_slower_per_token_and_faster_in_all(batch: float, more: float, model: str) -> None:
    inputs = case(model, "b200-sxm", "fp4" if model == "gpt-oss-120b" else "bf16")
    small = serving.plan(*inputs, tensor_parallel=1.0, batch=batch)
    large = serving.plan(*inputs, tensor_parallel=1.0, batch=batch * more)
    assert large.itl_ms[0] >= small.itl_ms[0]
    assert large.output_tok_s_per_replica[0] >= small.output_tok_s_per_replica[0] * (1.0 - 1e-9)


def test_a_large_fleet_meets_its_targets_though_a_smaller_degree_takes_fewer_nodes() -> None:
    # two accelerators take over 20 ms to read 140 GB, at whatever batch
    inputs = case("llama-3.1-70b", "h100-sxm", "bf16", itl_mean_ms=20.0)
    workload = replace(inputs.workload, peak_requests_per_s=10_000.0)
    inputs = inputs._replace(workload=workload)
    assert serving.plan(*inputs, tensor_parallel=2.0).status[0] == "misses_latency"
    made = serving.plan(*inputs)
    assert made.status[0] == "ok"
    nodes = 10_000 * made.replica_seconds_per_request / made.replicas_per_node
    assert nodes[0] > 1_000
    assert made.itl_ms[0] <= 20.0


def test_of_degrees_that_need_one_node_the_one_with_the_least_accelerator_time_is_taken() -> None:
    inputs = case("llama-3.1-70b", "h100-sxm", "fp8", ttft_p95_ms=1000.0, itl_mean_ms=50.0)
    inputs = inputs._replace(workload=replace(inputs.workload, peak_requests_per_s=0.1))
    ways = [serving.plan(*inputs, tensor_parallel=degree) for degree in (1.0, 2.0, 4.0, 8.0)]
    assert [way.status[0] for way in ways] == ["ok"] * 4
    # each takes less than 8 s of a replica per request, so one replica of .1 requests a second is below 80 % busy
    assert max(way.replica_seconds_per_request[0] for way in ways) < 8.0
    held_s = [way.replica_seconds_per_request[0] * way.tensor_parallel[0] for way in ways]
    assert held_s[1] == min(held_s)
    assert serving.plan(*inputs).tensor_parallel[0] == 2


def test_each_accelerator_of_a_group_holds_the_whole_latent_cache() -> None:
    inputs = case("deepseek-v3", "h200-sxm", "fp8", input_tokens=4000.0, output_tokens=1000.0)
    rows, _ = serving.prepare(*inputs)
    stack = replace(rows.coefficients, memory_utilisation_ratio=0.9, runtime_memory_gb=4.0, max_sequences=1e6)
    rows = replace(rows, coefficients=stack)
    # weights: attention, dense blocks, shared experts and routers; routed experts; two embeddings in 16 bit
    weights = 15_263_268_864 + 653_908_770_816 + 2 * 1_853_358_080
    room = 8 * (0.9 * 141 * 2**30 - 4e9) - weights
    # 512 + 64 values of 2 bytes on 61 layers, for 4,000 + 1,000 / 2 tokens: 316 MB on each of the eight
    assert batch_limit(rows, np.array([8.0]))[0] == room // (8 * 576 * 2 * 61 * 4500) == 152
    # one accelerator alone holds one copy
    tiny = replace(rows, architecture=replace(rows.architecture, expert_params=0.0))
    alone = 0.9 * 141 * 2**30 - 4e9 - (weights - 653_908_770_816)
    assert batch_limit(tiny, np.array([1.0]))[0] == alone // (576 * 2 * 61 * 4500)


@pytest.mark.parametrize(
    ("model", "precision", "support", "kv_bytes"),
    [
        ("llama-3.1-70b", "fp8", "native", 1.0),
        ("llama-3.1-70b", "fp8", "weight_only", 2.0),
        ("llama-3.1-70b", "int8", "native", 2.0),
        ("llama-3.1-70b", "bf16", "native", 2.0),
        ("deepseek-v3", "fp8", "native", 2.0),  # servers do not quantise a latent cache
    ],
)
def test_a_cache_of_heads_is_quantised_where_fp8_is_computed(
    model: str, precision: str, support: str, kv_bytes: float
) -> None:
    inputs = case(model, "h100-sxm")
    told = Quantisation(*(np.array([text], dtype=object) for text in (precision, support)), kv_bytes=np.nan)
    assert resolve(told, inputs.node, inputs.architecture).kv_bytes.tolist() == [kv_bytes]
    own = replace(told, kv_bytes=np.array([0.5]))
    assert resolve(own, inputs.node, inputs.architecture).kv_bytes.tolist() == [0.5]


def test_half_a_card_is_a_card_of_half_of_everything() -> None:
    # L4: 24 GB at 300 GB/s, 121 TFLOPS in 16 bit, 242.5 in 8 bit, 72 W
    inputs = case("dialogpt-medium", "l4", accelerators=1, input_tokens=60.0, output_tokens=20.0)
    halves = {
        "memory_gb": 12.0,
        "memory_bandwidth_gb_s": 150.0,
        "bf16_dense_tflops": 60.5,
        "fp8_dense_tflops": 121.25,
        "int8_dense_tops": 121.25,
        "tdp_w": 36.0,
    }
    half = serving.plan(*inputs._replace(node=replace(inputs.node, accelerator_fraction=0.5)))
    card = serving.plan(*inputs._replace(node=replace(inputs.node, **halves)))
    assert half.status[0] == "ok"
    for field in fields(half):
        assert getattr(half, field.name)[0] == pytest.approx(getattr(card, field.name)[0]), field.name
    assert 0.45 * 36.0 < half.accelerator_watts[0] <= 36.0


@pytest.mark.parametrize(("prompt", "status"), [(900.0, "ok"), (901.0, "not_supported")])
def test_a_request_may_fill_the_context_to_its_last_token(prompt: float, status: str) -> None:
    # 1,024 tokens
    made = plan("dialogpt-medium", "l4", accelerators=1, input_tokens=prompt, output_tokens=124.0)
    assert made.status[0] == status


@pytest.mark.parametrize(
    ("peaks", "figure"),
    [
        ({"fp8_dense_tflops": 2040.0}, ""),
        ({"fp8_dense_tflops": 2140.0}, "fp8"),
        ({"int8_dense_tops": 2040.0}, ""),
        ({"int8_dense_tops": 2140.0}, "int8"),
        ({"fp8_dense_tflops": 2000.0, "fp4_dense_tflops": 6120.0}, ""),
        ({"fp8_dense_tflops": 2000.0, "fp4_dense_tflops": 6420.0}, "fp4"),
    ],
)
def test_a_dense_peak_may_exceed_its_multiple_by_a_twentieth(peaks: dict[str, float], figure: str) -> None:
    node = Node(1.0, 80.0, 3350.0, np.array([1000.0]), tdp_w=700.0, **peaks)
    told = sparse_figure_reason(node, 5.0)[0]
    assert told.partition(" peak looks sparse")[0] == figure


def test_the_largest_batch_is_found_within_a_ten_thousandth() -> None:
    # just below the middle of 1 to 1,024 on a logarithmic axis, which every halving but the first approaches from below
    target, slots = 31.9999, np.array([1024.0])
    found = candidates.bisect_batch(lambda batch: batch / target, slots)
    assert 31.9999 * (1 - 1.1e-4) < found[0] <= 31.9999
    assert candidates.bisect_batch(lambda batch: batch / 1024.0, slots)[0] == 1024.0
    assert candidates.bisect_batch(lambda batch: batch / 0.5, slots)[0] == 1.0
