"""Parameters, key-value cache and FLOPs of a decoder-only transformer, counted from its Hugging Face config.

Counting rules: weight matrices only (norms and biases are below 0.1 % of every model here). An architecture whose
layers this module does not know is refused by name: a wrong count is worse than none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from costmodel.layers import Attention, FeedForward, attention_of, feed_forward_of
from costmodel.model_config import ModelConfig, UnsupportedArchitectureError
from costmodel.types import Numbers

__all__ = ["Architecture", "UnsupportedArchitectureError", "from_config", "stack"]


@dataclass(frozen=True, slots=True)
class Architecture:
    """What serving needs to know of a model; every field is a scalar, or an array with one entry per row.

    Attributes:
        total_params: All parameters.
        active_params_flops: Parameters multiplied per token: attention, dense MLP, shared and chosen experts, router
            and output head, without the input embedding (a lookup).
        active_params_card: Active parameters as the model card counts them, when the config says so, else the above
            plus the input embedding.
        dense_params: Resident linear weights that every token uses (attention, dense MLP, shared experts, router).
        embedding_params: Input embedding, output head and position embeddings; they stay in 16 bit when the rest is
            quantised.
        head_params: The output head's matrix, read on each step (the input embedding only gives up single rows).
        expert_params: Resident weights of all routed experts.
        layers: Decoder layers.
        moe_layers: Layers with routed experts (0 for a dense model).
        hidden_size: Width of the residual stream.
        attention_heads: Query heads; a tensor-parallel degree must divide it.
        experts: Routed experts per MoE layer (1 for a dense model).
        experts_per_token: Routed experts chosen per token (1 for a dense model).
        expert_width: Intermediate width of one routed expert (0 for a dense model).
        kv_values_per_token: Values (not bytes) cached per token by layers that attend to the whole context.
        kv_values_per_token_windowed: The same for sliding-window layers.
        kv_shard_limit: Tensor-parallel degree up to which the cache splits: key-value heads; 1 for latent attention.
        sliding_window_tokens: Context that sliding-window layers keep (infinite without any).
        attention_flops: FLOP per generated token and context token, layers with whole context.
        attention_flops_windowed: The same for sliding-window layers.
        prefill_attention_flops: FLOP per prompt token and context token (latent attention is expanded in prefill).
        prefill_attention_flops_windowed: The same for sliding-window layers.
        max_context_tokens: Longest prompt plus output the model accepts.
    """

    total_params: Numbers
    active_params_flops: Numbers
    active_params_card: Numbers
    dense_params: Numbers
    embedding_params: Numbers
    head_params: Numbers
    expert_params: Numbers
    layers: Numbers
    moe_layers: Numbers
    hidden_size: Numbers
    attention_heads: Numbers
    experts: Numbers
    experts_per_token: Numbers
    expert_width: Numbers
    kv_values_per_token: Numbers
    kv_values_per_token_windowed: Numbers
    kv_shard_limit: Numbers
    sliding_window_tokens: Numbers
    attention_flops: Numbers
    attention_flops_windowed: Numbers
    prefill_attention_flops: Numbers
    prefill_attention_flops_windowed: Numbers
    max_context_tokens: Numbers


def from_config(config: Mapping[str, object]) -> Architecture:
    """Count a model from its config.json.

    Args:
        config: The parsed config.json, or the same keys from our model table (numbers may be floats; ``model_type``
            is required). Keys are also found under ``text_config``. ``card_active_params_b`` [1e9 parameters]
            overrides the counted figure of the card.

    Returns:
        The architecture, all fields scalars.

    Raises:
        UnsupportedArchitectureError: A layer kind is unknown; the message names the architecture and what cannot be
            counted.
    """
    settings = ModelConfig.of(config)
    attention = attention_of(settings)
    feed_forward = feed_forward_of(settings)
    head = settings.hidden_size * settings.vocab_size
    positions = settings.hidden_size * settings.learned_positions
    embeddings = head * (1 if settings.tied_embeddings else 2) + positions
    dense = settings.layers * attention.params + feed_forward.dense_params
    active = dense + feed_forward.active_expert_params + head
    card = settings.number("card_active_params_b", 0.0) * 1e9 or active + embeddings - head
    return Architecture(
        total_params=dense + feed_forward.expert_params + embeddings,
        active_params_flops=active,
        active_params_card=card,
        dense_params=dense,
        embedding_params=embeddings,
        head_params=head,
        expert_params=feed_forward.expert_params,
        layers=settings.layers,
        hidden_size=settings.hidden_size,
        attention_heads=settings.attention_heads,
        max_context_tokens=settings.max_context_tokens,
        **_experts(feed_forward),
        **_contexts(settings, attention),
    )


def stack(architectures: Sequence[Architecture]) -> Architecture:
    """Join architectures row by row into one whose fields are arrays of shape (n,)."""
    columns = {
        field.name: np.array([getattr(one, field.name) for one in architectures], dtype=np.float64)
        for field in fields(Architecture)
    }
    return Architecture(**columns)


def _experts(feed_forward: FeedForward) -> dict[str, float]:
    return {
        "moe_layers": feed_forward.moe_layers,
        "experts": feed_forward.experts,
        "experts_per_token": feed_forward.experts_per_token,
        "expert_width": feed_forward.expert_width,
    }


def _contexts(settings: ModelConfig, attention: Attention) -> dict[str, float]:
    """Split cache and attention FLOPs between layers with the whole context and with a sliding window."""
    windowed = settings.windowed_layers
    whole = settings.layers - windowed
    return {
        "kv_values_per_token": whole * attention.kv_values,
        "kv_values_per_token_windowed": windowed * attention.kv_values,
        "kv_shard_limit": attention.kv_shard_limit,
        "sliding_window_tokens": settings.sliding_window_tokens,
        "attention_flops": whole * attention.flops,
        "attention_flops_windowed": windowed * attention.flops,
        "prefill_attention_flops": whole * attention.prefill_flops,
        "prefill_attention_flops_windowed": windowed * attention.prefill_flops,
    }
