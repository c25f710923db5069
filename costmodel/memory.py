"""Does a model fit on a group of accelerators, and with how many sequences."""

from __future__ import annotations

import numpy as np

from costmodel.architecture import Architecture
from costmodel.precision import Formats
from costmodel.step_time import Rows, cached_values
from costmodel.types import Array, Numbers

_GIGA = 1e9
_GIBI = 2.0**30


def weight_bytes(model: Architecture, formats: Formats) -> Array:
    """Resident bytes of one replica; embeddings and head stay in 16 bit [B]."""
    return np.asarray(
        model.dense_params * formats.dense_bytes
        + model.expert_params * formats.expert_bytes
        + model.embedding_params * 2.0
    )


def usable_bytes(rows: Rows) -> Array:
    """Memory of one accelerator for weights and cache [B].

    Vendors' gigabytes of accelerator memory are binary ("80 GB" HBM is 80 GiB).
    """
    served = rows.coefficients.memory_utilisation_ratio * np.asarray(rows.node.memory_gb) * _GIBI
    return np.asarray(served - np.asarray(rows.coefficients.runtime_memory_gb) * _GIGA)


def sequence_bytes(rows: Rows) -> Array:
    """Cache that one sequence holds on average [B].

    Its prompt and the length-biased half of its output, or as much of the output as the serving stack reserves on
    admission.
    """
    work = rows.workload
    output_share = np.maximum(work.output_length_bias_ratio / 2.0, rows.coefficients.output_reservation_ratio)
    held = cached_values(rows.architecture, work.input_tokens + output_share * work.output_tokens)
    return held * rows.formats.kv_bytes


def batch_limit(rows: Rows, group: Numbers) -> Array:
    """Most sequences decoded together that memory allows; below 1 the model does not fit.

    The cache splits over at most ``kv_shard_limit`` accelerators; the others of the group hold copies.
    """
    room = group * usable_bytes(rows) - weight_bytes(rows.architecture, rows.formats)
    copies = group / np.minimum(group, rows.architecture.kv_shard_limit)
    return np.minimum(np.floor(room / (sequence_bytes(rows) * copies)), rows.coefficients.max_sequences)
