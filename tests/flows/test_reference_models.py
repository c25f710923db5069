"""Models, scenarios, demand profiles and token APIs of the reference tables."""

from __future__ import annotations

import pytest
from genai_prices import data_snapshot

from tests.seed_tables import facts, ids, rows

MODEL = {row["model"]: row for row in rows("model")}
SCENARIO = {row["scenario"]: row for row in rows("scenario")}
TOKEN_MODELS = rows("token_model")
UNGATED = {"gpt2"}


def total_params_b(model: str) -> float:
    """Parameters by the textbook count, weights only (no norms, biases or positions) [billion]."""
    given = {attribute: value for (name, attribute), value in facts("model_fact").items() if name == model}
    hidden, layers, heads = given["hidden_size"], given["num_hidden_layers"], given["num_attention_heads"]
    if "kv_lora_rank" in given:
        rank, query = given["kv_lora_rank"], given["q_lora_rank"]
        nope, rope, value = given["qk_nope_head_dim"], given["qk_rope_head_dim"], given["v_head_dim"]
        attention = hidden * query + query * heads * (nope + rope) + hidden * (rank + rope)
        attention += rank * heads * (nope + value) + heads * value * hidden
    else:
        attention = 2 * hidden * given["head_dim"] * (heads + given["num_key_value_heads"])
    matrices = 2 if MODEL[model]["model_type"] in UNGATED else 3
    dense = matrices * hidden * given.get("intermediate_size", 0)
    experts = given.get("n_routed_experts") or given.get("num_local_experts") or given.get("num_experts") or 0
    expert = 3 * hidden * given.get("moe_intermediate_size", given.get("intermediate_size", 0))
    routed = (experts + given.get("n_shared_experts", 0)) * expert + hidden * experts
    dense_layers = given.get("first_k_dense_replace", 0) if experts else layers
    embedding = given["vocab_size"] * hidden * (1 if given["tie_word_embeddings"] else 2)
    return (layers * attention + dense_layers * dense + (layers - dense_layers) * routed + embedding) / 1e9


@pytest.mark.parametrize("model", sorted(model for model, row in MODEL.items() if row["assumed"] == "false"))
def test_config_gives_the_published_parameter_count(model: str) -> None:
    assert total_params_b(model) == pytest.approx(facts("model_fact")[model, "card_total_params_b"], rel=0.01)


@pytest.mark.parametrize("model", sorted(model for model, row in MODEL.items() if row["assumed"] == "true"))
def test_assumed_config_gives_about_the_assumed_count(model: str) -> None:
    assert total_params_b(model) == pytest.approx(facts("model_fact")[model, "card_total_params_b"], rel=0.03)


def test_only_closed_models_are_assumed() -> None:
    assert {row["licence_kind"] for row in MODEL.values() if row["assumed"] == "true"} == {"closed"}
    assert {row["licence_kind"] for row in MODEL.values() if row["assumed"] == "false"} == {"open"}


@pytest.mark.parametrize(
    ("scenario", "model", "requests_per_day", "input_tokens", "output_tokens", "cache_hit_ratio", "latency_ms"),
    [
        ("dialogue-llama-70b", "llama-3.1-70b", 1e6, 1155, 211, 0, (1000, 50)),
        ("dialogue-llama-70b-10m", "llama-3.1-70b", 1e7, 1155, 211, 0, (1000, 50)),
        ("text-creation-qwen-32b", "qwen3-32b", 1e6, 300, 1000, 0, (1000, 50)),
        ("summarise-qwen-32b", "qwen3-32b", 1e6, 2588, 291, 0, (None, None)),
        ("code-gpt-oss-120b", "gpt-oss-120b", 1e6, 2000, 1600, 0.3, (2000, 30)),
        ("chatgpt-2023-20b", "gpt-3.5-20b", 195e6, 500, 215, 0, (2000, 60)),
        ("chatgpt-2023-175b", "gpt-3.5-175b", 195e6, 500, 215, 0, (2000, 60)),
        ("chatgpt-gpt4", "gpt-4-assumed", 195e6, 500, 215, 0, (2000, 60)),
        ("chatgpt-2025", "chatgpt-2025-100b", 2.5e9, 1155, 500, 0.3, (2000, 60)),
        ("dialogpt-medium", "dialogpt-medium", 1e5, 60, 20, 0, (1000, 100)),
    ],
)
def test_scenario_is_the_documented_one(
    scenario: str,
    model: str,
    requests_per_day: float,
    input_tokens: float,
    output_tokens: float,
    cache_hit_ratio: float,
    latency_ms: tuple[float | None, float | None],
) -> None:
    given = facts("scenario_fact")
    assert SCENARIO[scenario]["model"] == model
    assert given[scenario, "requests_per_day"] == requests_per_day
    assert given[scenario, "input_tokens"] == input_tokens
    assert given[scenario, "output_tokens"] == output_tokens
    assert given[scenario, "cache_hit_ratio"] == cache_hit_ratio
    assert (given.get((scenario, "ttft_p95_ms")), given.get((scenario, "itl_mean_ms"))) == latency_ms


def test_deepseek_day_moves_the_published_tokens() -> None:
    given = {attribute: value for (name, attribute), value in facts("scenario_fact").items() if name == "deepseek-day"}
    assert given["requests_per_day"] * given["input_tokens"] == pytest.approx(608e9, rel=1e-6)
    assert given["requests_per_day"] * given["output_tokens"] == pytest.approx(168e9, rel=1e-6)
    assert given["cache_hit_ratio"] == 342e9 / 608e9
    context = given["input_tokens"] + given["output_length_bias_ratio"] * given["output_tokens"] / 2
    assert context == pytest.approx(4989, rel=0.01)


def test_scenarios_fit_the_context_of_their_model() -> None:
    for scenario, row in SCENARIO.items():
        tokens = facts("scenario_fact")[scenario, "input_tokens"] + facts("scenario_fact")[scenario, "output_tokens"]
        assert tokens <= facts("model_fact")[row["model"], "max_context_tokens"], scenario


def test_one_scenario_is_the_default_and_assumed_models_make_assumed_scenarios() -> None:
    assert [name for name, row in SCENARIO.items() if row["is_default"] == "true"] == ["dialogue-llama-70b"]
    for name, row in SCENARIO.items():
        assert row["assumed"] == MODEL[row["model"]]["assumed"], name
        assert set(row["allowed_precisions"].split(";")) <= {"bf16", "fp8", "int8", "int4", "fp4"}, name


def test_demand_profiles_cover_the_day() -> None:
    for profile in ids("demand_profile", "profile"):
        shares = [float(row["share_of_day"]) for row in rows("demand_profile") if row["profile"] == profile]
        hours = [int(row["hour"]) for row in rows("demand_profile") if row["profile"] == profile]
        assert hours == list(range(24))
        assert sum(shares) == pytest.approx(1, abs=1e-9)
        assert min(shares) > 0


@pytest.mark.parametrize("scenario", sorted(SCENARIO))
def test_busiest_hour_of_the_profile_is_the_scenario_s_peak(scenario: str) -> None:
    profile = SCENARIO[scenario]["demand_profile"]
    peak = max(float(row["share_of_day"]) for row in rows("demand_profile") if row["profile"] == profile)
    assert peak * 24 == pytest.approx(facts("scenario_fact")[scenario, "peak_to_average_ratio"], rel=1e-6)


def test_token_models_are_offered_in_the_price_snapshot() -> None:
    providers = data_snapshot.get_snapshot().providers
    offered = {(provider.id, model.id) for provider in providers for model in provider.models if not model.deprecated}
    assert {(row["provider"], row["provider_model"]) for row in TOKEN_MODELS} <= offered


def test_token_models_name_how_they_compare() -> None:
    assert {row["equivalence"] for row in TOKEN_MODELS} == {"same_weights", "substitute", "withdrawn"}
    same = {row["model"] for row in TOKEN_MODELS if row["equivalence"] == "same_weights"}
    assert same >= {"llama-3.1-70b", "qwen3-32b", "gpt-oss-120b", "deepseek-v3"}
    served = {row["model"] for row in TOKEN_MODELS}
    assert {row["model"] for row in SCENARIO.values()} <= served


def test_an_offer_that_ended_never_passes_for_one_that_is_sold() -> None:
    """The catalogue still lists what Groq withdrew and what DeepSeek's aliases no longer serve."""
    ended = {row["provider_model"] for row in TOKEN_MODELS if row["equivalence"] == "withdrawn"}
    assert ended == {"deepseek-chat", "deepseek-reasoner", "llama-3.1-70b-versatile"}
    told = {row["provider_model"] for row in TOKEN_MODELS if "a record" in row["note"]}
    assert told == ended


def test_a_record_of_a_known_day_is_dated_as_its_note_says() -> None:
    dated = {row["provider_model"]: row["price_as_of"] for row in TOKEN_MODELS if row["price_as_of"]}
    assert dated == {"deepseek-chat": "2025-07-12", "deepseek-reasoner": "2025-07-12"}
    assert all(row["price_as_of"] in row["note"] for row in TOKEN_MODELS)


def test_a_later_checkpoint_never_passes_for_the_same_weights() -> None:
    later = [row for row in TOKEN_MODELS if "3.3" in row["provider_model"] or "0324" in row["provider_model"].lower()]
    assert later
    assert {row["equivalence"] for row in later} == {"substitute"}
