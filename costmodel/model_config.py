"""Read the keys of a Hugging Face config.json that parameters are counted from, under their several names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf
from typing import NamedTuple


class UnsupportedArchitectureError(ValueError):
    """The config describes layers whose parameters, cache or FLOPs are not known here."""


class _Family(NamedTuple):
    """What a model type means where its config.json is silent.

    Attributes:
        gated: The MLP has a gate (three matrices) or not (two).
        tied: Output head and input embedding are one matrix by default.
        window_every: Sliding-window layers alternate with one whole-context layer every n layers; 1: all slide;
            0: none slides unless ``layer_types`` says so.
        shared_experts: Shared experts, each as wide as a routed one.
    """

    gated: bool = True
    tied: bool = False
    window_every: int = 0
    shared_experts: int = 0


#: Model types whose layers are counted here; defaults as in the transformers library's configuration classes.
_FAMILIES = {
    "cohere": _Family(tied=True),
    "cohere2": _Family(tied=True, window_every=4),
    "deepseek_v2": _Family(),
    "deepseek_v3": _Family(),
    "gemma": _Family(tied=True),
    "gemma2": _Family(tied=True, window_every=2),
    "gemma3_text": _Family(tied=True, window_every=6),
    "glm4": _Family(),
    "glm4_moe": _Family(),
    "gpt2": _Family(gated=False, tied=True),
    "gpt_neox": _Family(gated=False),
    "gptj": _Family(gated=False),
    "gpt_oss": _Family(window_every=2),
    "granite": _Family(),
    "kimi_k2": _Family(),
    "llama": _Family(),
    "llama4_text": _Family(window_every=4, shared_experts=1),
    "mistral": _Family(window_every=1),
    "mixtral": _Family(),
    "nemotron": _Family(gated=False),
    "olmo2": _Family(),
    "olmoe": _Family(),
    "opt": _Family(gated=False, tied=True),
    "phi3": _Family(window_every=1),
    "qwen2": _Family(),
    "qwen2_moe": _Family(),
    "qwen3": _Family(),
    "qwen3_moe": _Family(),
    "smollm3": _Family(tied=True),
    "stablelm": _Family(),
    "starcoder2": _Family(gated=False, tied=True, window_every=1),
}

#: Keys of layers that are not counted, and what they are.
_REFUSED_KEYS = {
    "index_topk": "a sparse attention index",
    "linear_num_key_heads": "linear attention layers",
    "linear_attn_config": "linear attention layers",
    "mamba_d_state": "state-space layers",
    "ssm_state_size": "state-space layers",
    "attn_layer_period": "state-space layers",
    "hybrid_override_pattern": "state-space layers",
    "cross_attention_layers": "cross-attention layers",
    "is_encoder_decoder": "an encoder",
    "num_kv_shared_layers": "layers that share a cache",
    "hidden_size_per_layer_input": "per-layer embeddings",
}

_WINDOWED_LAYER_TYPES = {"sliding_attention", "chunked_attention"}
_COUNTED_LAYER_TYPES = {"full_attention", *_WINDOWED_LAYER_TYPES}


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A config.json, with ``text_config`` unfolded, that gives out numbers.

    Attributes:
        values: The keys; those of ``text_config`` win.
        model_type: Hugging Face model type of the text model.
        family: Defaults of that type.
    """

    values: Mapping[str, object]
    model_type: str
    family: _Family

    @classmethod
    def of(cls, config: Mapping[str, object]) -> ModelConfig:
        """Unfold ``text_config`` and refuse what cannot be counted.

        Raises:
            UnsupportedArchitectureError: The model type or one of its layers is unknown.
        """
        nested = config.get("text_config")
        values = {**config, **nested} if isinstance(nested, Mapping) else dict(config)
        model_type = str(values.get("model_type", "without model_type"))
        if model_type not in _FAMILIES:
            raise UnsupportedArchitectureError(f"architecture {model_type!r}: its layers are not known here")
        for key, what in _REFUSED_KEYS.items():
            if values.get(key):
                raise UnsupportedArchitectureError(f"architecture {model_type!r}: cannot count {what} ({key})")
        unknown = sorted(set(_texts(values.get("layer_types"))) - _COUNTED_LAYER_TYPES)
        if unknown:
            raise UnsupportedArchitectureError(f"architecture {model_type!r}: cannot count layers {unknown}")
        return cls(values, model_type, _FAMILIES[model_type])

    def number(self, key: str, default: float | None = None, *aliases: str) -> float:
        """Give the first present key of ``key`` and its aliases as a number.

        Raises:
            UnsupportedArchitectureError: No key is there and there is no default.
        """
        for name in (key, *aliases):
            value = self.values.get(name)
            if isinstance(value, int | float):
                return float(value)
        if default is None:
            raise UnsupportedArchitectureError(f"architecture {self.model_type!r}: config has no {key}")
        return default

    @property
    def hidden_size(self) -> float:
        """Width of the residual stream."""
        return self.number("hidden_size", None, "n_embd")

    @property
    def layers(self) -> float:
        """Decoder layers."""
        return self.number("num_hidden_layers", None, "n_layer")

    @property
    def vocab_size(self) -> float:
        """Tokens of the vocabulary."""
        return self.number("vocab_size")

    @property
    def attention_heads(self) -> float:
        """Query heads."""
        return self.number("num_attention_heads", None, "n_head")

    @property
    def key_value_heads(self) -> float:
        """Key-value heads; as many as query heads in plain multi-head attention."""
        return self.number("num_key_value_heads", self.attention_heads)

    @property
    def head_dim(self) -> float:
        """Width of a head; explicit in newer configs."""
        return self.number("head_dim", self.hidden_size / self.attention_heads)

    @property
    def intermediate_size(self) -> float:
        """Width of a dense MLP; GPT-2 leaves it out and means four times the residual stream."""
        width = self.number("intermediate_size", 4.0 * self.hidden_size, "n_inner", "ffn_dim")
        return self.number("intermediate_size_mlp", width)

    @property
    def gated_mlp(self) -> bool:
        """Whether the MLP has a gate matrix."""
        return self.family.gated

    @property
    def tied_embeddings(self) -> bool:
        """Whether the output head is the input embedding."""
        return bool(self.number("tie_word_embeddings", float(self.family.tied)))

    @property
    def learned_positions(self) -> float:
        """Rows of a learned position embedding."""
        return self.max_context_tokens if self.model_type in {"gpt2", "opt"} else 0.0

    @property
    def max_context_tokens(self) -> float:
        """Longest context; infinite where the config is silent."""
        return self.number("max_context_tokens", inf, "max_position_embeddings", "n_positions", "n_ctx")

    @property
    def experts(self) -> float:
        """Routed experts per MoE layer; 0 for a dense model."""
        return self.number("n_routed_experts", 0.0, "num_local_experts", "num_experts")

    @property
    def experts_per_token(self) -> float:
        """Routed experts chosen per token."""
        return self.number("num_experts_per_tok", None, "experts_per_token")

    @property
    def expert_intermediate_size(self) -> float:
        """Width of one routed expert."""
        return self.number("moe_intermediate_size", None, "intermediate_size")

    @property
    def shared_intermediate_size(self) -> float:
        """Summed width of the experts that every token uses."""
        counted = self.number("n_shared_experts", self.family.shared_experts) * self.expert_intermediate_size
        return self.number("shared_expert_intermediate_size", counted)

    @property
    def moe_layers(self) -> float:
        """Layers with routed experts."""
        dense_first = self.number("first_k_dense_replace", 0.0)
        dense_named = self.values.get("mlp_only_layers")
        step = self.number("decoder_sparse_step", 1.0, "moe_layer_freq", "interleave_moe_layer_step")
        named = len(dense_named) if isinstance(dense_named, Sequence) else 0
        return float((self.layers - dense_first - named) // step)

    @property
    def windowed_layers(self) -> float:
        """Layers that see a sliding window only."""
        if self.sliding_window_tokens == inf:
            return 0.0
        types = _texts(self.values.get("layer_types"))
        if types:
            return float(sum(kind in _WINDOWED_LAYER_TYPES for kind in types))
        every = int(self.number("sliding_window_pattern", float(self.family.window_every)))
        if every <= 1:
            return self.layers * every
        return self.layers - self.layers // every

    @property
    def sliding_window_tokens(self) -> float:
        """Context of the sliding-window (or chunked) layers; infinite without any."""
        if self.values.get("use_sliding_window") is False:
            return inf
        return self.number("sliding_window", inf, "attention_chunk_size")


def _texts(value: object) -> list[str]:
    """Give a list of texts, empty for anything that is not a list."""
    return [str(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else []
