"""Weights, cache and FLOPs of one attention block and of all feed-forward blocks.

Formulas: matrix shapes of the published architectures (GQA: Ainslie 2023; MLA: DeepSeek-V2, arXiv 2405.04434).
"""

from __future__ import annotations

from dataclasses import dataclass

from costmodel.model_config import ModelConfig


@dataclass(frozen=True, slots=True)
class Attention:
    """One attention block.

    Attributes:
        params: Weights.
        kv_values: Values cached per token.
        kv_shard_limit: Tensor-parallel degree up to which the cache splits.
        flops: FLOP per generated token and context token (scores and weighted sum).
        prefill_flops: FLOP per prompt token and context token.
    """

    params: float
    kv_values: float
    kv_shard_limit: float
    flops: float
    prefill_flops: float


@dataclass(frozen=True, slots=True)
class FeedForward:
    """All feed-forward blocks of a model.

    Attributes:
        dense_params: Weights that every token uses: dense blocks, shared experts, routers.
        expert_params: Weights of all routed experts.
        active_expert_params: Weights of the routed experts one token uses.
        moe_layers: Layers with routed experts.
        experts: Routed experts per such layer (1 if none).
        experts_per_token: Routed experts chosen per token (1 if none).
        expert_width: Intermediate width of one routed expert (0 if none).
    """

    dense_params: float
    expert_params: float
    active_expert_params: float
    moe_layers: float
    experts: float
    experts_per_token: float
    expert_width: float


def attention_of(config: ModelConfig) -> Attention:
    """Count one attention block: latent where the config has a key-value rank, else grouped-query."""
    if config.number("kv_lora_rank", 0.0) > 0.0:
        return _latent_attention(config)
    query = config.attention_heads * config.head_dim
    key_value = config.key_value_heads * config.head_dim
    return Attention(
        params=2.0 * config.hidden_size * (query + key_value),
        kv_values=2.0 * key_value,
        kv_shard_limit=config.key_value_heads,
        flops=4.0 * query,
        prefill_flops=4.0 * query,
    )


def _latent_attention(config: ModelConfig) -> Attention:
    """Multi-head latent attention: one compressed vector per token, absorbed into the queries when decoding."""
    hidden, heads = config.hidden_size, config.attention_heads
    rank = config.number("kv_lora_rank")
    plain, rotary = config.number("qk_nope_head_dim"), config.number("qk_rope_head_dim")
    value = config.number("v_head_dim")
    query_rank = config.number("q_lora_rank", 0.0)
    query_inputs = query_rank or hidden
    return Attention(
        params=hidden * query_rank
        + query_inputs * heads * (plain + rotary)
        + hidden * (rank + rotary)
        + rank * heads * (plain + value)
        + heads * value * hidden,
        kv_values=rank + rotary,
        kv_shard_limit=1.0,
        flops=2.0 * heads * (2.0 * rank + rotary),
        prefill_flops=2.0 * heads * (plain + rotary + value),
    )


def feed_forward_of(config: ModelConfig) -> FeedForward:
    """Count all feed-forward blocks, dense and mixture of experts."""
    matrices = 3.0 if config.gated_mlp else 2.0
    block = matrices * config.hidden_size * config.intermediate_size
    experts = config.experts
    if experts == 0.0:
        return FeedForward(config.layers * block, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0)
    moe_layers = config.moe_layers
    expert = matrices * config.hidden_size * config.expert_intermediate_size
    shared = matrices * config.hidden_size * config.shared_intermediate_size
    router = config.hidden_size * experts
    return FeedForward(
        dense_params=(config.layers - moe_layers) * block + moe_layers * (shared + router),
        expert_params=moe_layers * experts * expert,
        active_expert_params=moe_layers * config.experts_per_token * expert,
        moe_layers=moe_layers,
        experts=experts,
        experts_per_token=config.experts_per_token,
        expert_width=config.expert_intermediate_size,
    )
