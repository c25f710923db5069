"""Parameters and cache of published configs, beside the model cards."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.architecture import UnsupportedArchitectureError, from_config, stack

# config.json of the Hugging Face originals, the keys that count.
LLAMA_70B: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 8192,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "intermediate_size": 28672,
    "vocab_size": 128256,
    "tie_word_embeddings": False,
    "max_position_embeddings": 131072,
}
GPT2_MEDIUM: dict[str, Any] = {
    "model_type": "gpt2",
    "n_embd": 1024,
    "n_layer": 24,
    "n_head": 16,
    "n_inner": None,
    "vocab_size": 50257,
    "n_positions": 1024,
}
DEEPSEEK_V3: dict[str, Any] = {
    "model_type": "deepseek_v3",
    "hidden_size": 7168,
    "num_hidden_layers": 61,
    "num_attention_heads": 128,
    "num_key_value_heads": 128,
    "q_lora_rank": 1536,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "intermediate_size": 18432,
    "moe_intermediate_size": 2048,
    "n_routed_experts": 256,
    "num_experts_per_tok": 8,
    "n_shared_experts": 1,
    "first_k_dense_replace": 3,
    "moe_layer_freq": 1,
    "vocab_size": 129280,
}
GPT_OSS_120B: dict[str, Any] = {
    "model_type": "gpt_oss",
    "hidden_size": 2880,
    "num_hidden_layers": 36,
    "num_attention_heads": 64,
    "num_key_value_heads": 8,
    "head_dim": 64,
    "intermediate_size": 2880,
    "num_local_experts": 128,
    "num_experts_per_tok": 4,
    "vocab_size": 201088,
    "sliding_window": 128,
    "layer_types": ["sliding_attention", "full_attention"] * 18,
}
MIXTRAL: dict[str, Any] = {
    "model_type": "mixtral",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "intermediate_size": 14336,
    "num_local_experts": 8,
    "num_experts_per_tok": 2,
    "vocab_size": 32000,
    "sliding_window": None,
}
DEEPSEEK_V2_LITE: dict[str, Any] = {
    "model_type": "deepseek_v2",
    "hidden_size": 2048,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "q_lora_rank": None,
    "kv_lora_rank": 512,
    "qk_nope_head_dim": 128,
    "qk_rope_head_dim": 64,
    "v_head_dim": 128,
    "intermediate_size": 10944,
    "moe_intermediate_size": 1408,
    "n_routed_experts": 64,
    "num_experts_per_tok": 6,
    "n_shared_experts": 2,
    "first_k_dense_replace": 1,
    "vocab_size": 102400,
}

LLAMA4_MAVERICK: dict[str, Any] = {
    "model_type": "llama4",
    "text_config": {
        "model_type": "llama4_text",
        "hidden_size": 5120,
        "num_hidden_layers": 48,
        "num_attention_heads": 40,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "intermediate_size": 8192,
        "intermediate_size_mlp": 16384,
        "interleave_moe_layer_step": 2,
        "num_local_experts": 128,
        "num_experts_per_tok": 1,
        "attention_chunk_size": 8192,
        "vocab_size": 202048,
        "tie_word_embeddings": False,
    },
}
OLMOE: dict[str, Any] = {
    "model_type": "olmoe",
    "hidden_size": 2048,
    "num_hidden_layers": 16,
    "num_attention_heads": 16,
    "num_key_value_heads": 16,
    "intermediate_size": 1024,
    "num_experts": 64,
    "num_experts_per_tok": 8,
    "vocab_size": 50304,
}


@pytest.mark.parametrize(
    ("config", "total_b", "active_b"),
    [
        (LLAMA_70B, 70.55, 69.50),
        (GPT2_MEDIUM, 0.3545, 0.353),
        (DEEPSEEK_V3, 671.03, 36.62),
        (GPT_OSS_120B, 116.79, 5.13),
        (MIXTRAL, 46.70, 12.75),
        (DEEPSEEK_V2_LITE, 15.7, 2.45),  # the card: 15.7B in all, 2.4B active
        (LLAMA4_MAVERICK, 400.7, 16.15),  # the card: 400B in all, 17B active with both embeddings
        (OLMOE, 6.92, 1.18),  # the card: 6.92B in all, 1.28B active with both embeddings
    ],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else "",
)
def test_parameters_agree_with_the_cards(config: dict[str, Any], total_b: float, active_b: float) -> None:
    counted = from_config(config)
    assert counted.total_params == pytest.approx(total_b * 1e9, rel=0.005)
    assert counted.active_params_flops == pytest.approx(active_b * 1e9, rel=0.01)


@pytest.mark.parametrize(
    ("config", "bytes_per_token"),
    [(LLAMA_70B, 327_680), (GPT2_MEDIUM, 98_304), (DEEPSEEK_V3, 70_272), (GPT_OSS_120B, 73_728), (MIXTRAL, 131_072)],
    ids=lambda value: value["model_type"] if isinstance(value, dict) else "",
)
def test_cache_bytes_per_token_in_16_bit(config: dict[str, Any], bytes_per_token: int) -> None:
    counted = from_config(config)
    assert 2 * (counted.kv_values_per_token + counted.kv_values_per_token_windowed) == bytes_per_token


def test_parts_add_up_to_the_total() -> None:
    counted = from_config(DEEPSEEK_V3)
    assert counted.dense_params + counted.expert_params + counted.embedding_params == counted.total_params


def test_half_of_gpt_oss_layers_keep_a_window() -> None:
    named = from_config(GPT_OSS_120B)
    by_default = from_config({key: value for key, value in GPT_OSS_120B.items() if key != "layer_types"})
    assert named == by_default
    assert named.kv_values_per_token == named.kv_values_per_token_windowed
    assert named.sliding_window_tokens == 128


def test_latent_attention_is_not_split_by_tensor_parallelism() -> None:
    assert from_config(DEEPSEEK_V3).kv_shard_limit == 1
    assert from_config(LLAMA_70B).kv_shard_limit == 8


def test_the_card_may_count_otherwise_than_the_flops() -> None:
    assert from_config({**DEEPSEEK_V3, "card_active_params_b": 37}).active_params_card == 37e9
    assert from_config(LLAMA_70B).active_params_card == from_config(LLAMA_70B).total_params


def test_tied_embeddings_are_counted_once() -> None:
    tied = from_config({**LLAMA_70B, "tie_word_embeddings": True})
    assert from_config(LLAMA_70B).total_params - tied.total_params == 8192 * 128256
    assert tied.active_params_flops == from_config(LLAMA_70B).active_params_flops


def test_text_config_is_unfolded() -> None:
    nested = {"model_type": "mistral3", "text_config": {**LLAMA_70B}, "vision_config": {"hidden_size": 1}}
    assert from_config(nested) == from_config(LLAMA_70B)


def test_a_window_that_is_switched_off_does_not_cap_the_context() -> None:
    qwen = {**LLAMA_70B, "model_type": "qwen2", "sliding_window": 131072, "use_sliding_window": False}
    assert from_config(qwen).sliding_window_tokens == np.inf


def test_llama_4_attends_to_chunks_on_three_layers_of_four() -> None:
    counted = from_config(LLAMA4_MAVERICK)
    assert counted.sliding_window_tokens == 8192
    assert counted.kv_values_per_token_windowed == 3 * counted.kv_values_per_token
    assert counted.moe_layers == 24


def test_gemma_3_slides_on_five_layers_of_six() -> None:
    gemma = {**LLAMA_70B, "model_type": "gemma3_text", "num_hidden_layers": 62, "sliding_window": 1024}
    counted = from_config(gemma)
    assert counted.kv_values_per_token_windowed == 52 * 2 * 8 * 128
    assert counted.kv_values_per_token == 10 * 2 * 8 * 128


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model_type": "jamba"}, "jamba"),
        ({"model_type": "qwen3_next"}, "qwen3_next"),
        ({"index_topk": 2048}, "sparse attention index"),
        ({"layer_types": ["linear_attention", "full_attention"]}, "linear_attention"),
        ({"ssm_state_size": 128}, "state-space"),
        ({"is_encoder_decoder": True}, "encoder"),
        ({"hidden_size": None}, "hidden_size"),
    ],
)
def test_what_cannot_be_counted_is_refused_by_name(change: dict[str, Any], words: str) -> None:
    with pytest.raises(UnsupportedArchitectureError, match=words):
        from_config({**LLAMA_70B, **change})


def test_a_config_without_a_model_type_is_refused() -> None:
    with pytest.raises(UnsupportedArchitectureError, match="model_type"):
        from_config({"hidden_size": 4096})


def test_stack_joins_rows() -> None:
    both = stack([from_config(LLAMA_70B), from_config(DEEPSEEK_V3)])
    assert np.asarray(both.layers).tolist() == [80, 61]


def test_latent_attention_and_routers_are_counted_to_the_last_weight() -> None:
    counted = from_config(DEEPSEEK_V3)
    # queries 11,010,048 + 37,748,736, keys and values 4,128,768 + 16,777,216, output 117,440,512
    attention = 61 * 187_105_280
    dense, shared, routers = 3 * 396_361_728, 58 * 44_040_192, 58 * 7168 * 256
    assert counted.dense_params == attention + dense + shared + routers == 15_263_268_864
    assert counted.expert_params == 58 * 256 * 44_040_192
    assert counted.active_params_flops == 15_263_268_864 + 58 * 8 * 44_040_192 + 7168 * 129_280
    # decoding, each of 128 heads multiplies 512 + 64 values for its score and 512 for the sum; in prefill 192 and 128
    assert counted.attention_flops == 61 * 128 * 2 * (576 + 512)
    assert counted.prefill_attention_flops == 61 * 128 * 2 * (192 + 128)


def test_layers_named_dense_have_no_routed_experts() -> None:
    sparse = {**OLMOE, "model_type": "qwen3_moe", "moe_intermediate_size": 1024, "intermediate_size": 4096}
    all_moe, two_dense = from_config(sparse), from_config({**sparse, "mlp_only_layers": [0, 5]})
    assert (all_moe.moe_layers, two_dense.moe_layers) == (16, 14)
    assert all_moe.expert_params - two_dense.expert_params == 2 * 64 * 3 * 2048 * 1024
    # a dense block of three matrices in place of a router
    assert two_dense.dense_params - all_moe.dense_params == 2 * (3 * 2048 * 4096 - 2048 * 64)
