"""Measured serving points of the reference tables, as the cost model's arrays."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from costmodel import architecture
from costmodel.architecture import Architecture
from costmodel.calibration import Points
from costmodel.coefficients import Coefficients, CoefficientTable, lookup
from costmodel.serving import prepare
from costmodel.serving_inputs import Node, Quantisation, Workload, from_columns
from costmodel.types import Array, Texts
from flows.dbt import seed

Row = Mapping[str, str]


class Inputs(NamedTuple):
    """What ``serving.plan`` takes, in its order."""

    architecture: Architecture
    workload: Workload
    node: Node
    quantisation: Quantisation
    coefficients: Coefficients


def seed_rows(name: str) -> list[dict[str, str]]:
    """Read a reference table as texts by column."""
    with seed(name).open(newline="") as file:
        return list(csv.DictReader(file))


def fact_table(name: str) -> dict[str, dict[str, float]]:
    """Read a fact table: key -> attribute -> value."""
    table: dict[str, dict[str, float]] = {}
    for row in seed_rows(name):
        key = next(iter(row.values()))
        table.setdefault(key, {})[row["attribute"]] = float(row["value"])
    return table


def architectures() -> dict[str, Architecture]:
    """Count every model of the reference table."""
    facts = fact_table("model_fact")
    kinds = {row["model"]: row["model_type"] for row in seed_rows("model")}
    return {
        model: architecture.from_config({**facts.get(model, {}), "model_type": kind}) for model, kind in kinds.items()
    }


def points_of(role: str) -> list[dict[str, str]]:
    """Give the measured points of a role: step, throughput or latency."""
    return [row for row in seed_rows("measured_point") if row["role"] == role]


def step_points(rows: Sequence[Row], table: CoefficientTable) -> Points:
    """Build calibration points from measured rows with a known batch."""
    prepared, _ = prepare(*inputs_of(rows, table, stack="vllm"))
    batch = numbers(rows, "batch")
    return Points(
        rows=prepared,
        group=numbers(rows, "accelerators"),
        batch=batch,
        step_s=batch / numbers(rows, "output_tok_s"),
        accelerator_w=numbers(rows, "accelerator_watts"),
        model=texts(rows, "model"),
    )


def inputs_of(rows: Sequence[Row], table: CoefficientTable, stack: str) -> Inputs:
    """Build the cost model's inputs from measured rows, each a node of exactly its accelerators."""
    counted = architectures()
    output_tokens = numbers(rows, "output_tokens")
    workload = Workload(
        input_tokens=numbers(rows, "input_tokens"),
        output_tokens=output_tokens,
        cache_hit_ratio=numbers(rows, "cache_hit_ratio"),
        output_length_bias_ratio=numbers(rows, "length_biased_output_tokens") / (output_tokens / 2.0),
    )
    family = {row["accelerator"]: row["family"] for row in seed_rows("accelerator")}
    accelerator = [row["accelerator"] for row in rows]
    families = [family[name] for name in accelerator]
    return Inputs(
        architecture.stack([counted[row["model"]] for row in rows]),
        workload,
        _node(rows),
        Quantisation(texts(rows, "precision"), _support(rows, families), numbers(rows, "kv_bytes")),
        lookup(table, accelerator, families, stack),
    )


def numbers(rows: Sequence[Row], column: str) -> Array:
    """Give a column as numbers; NaN where it is empty."""
    return np.array([float(row[column] or "nan") for row in rows])


def texts(rows: Sequence[Row], column: str) -> Texts:
    """Give a column as texts."""
    return np.array([row[column] for row in rows], dtype=np.object_)


def _node(rows: Sequence[Row]) -> Node:
    facts = fact_table("accelerator_fact")
    names = {name for row in rows for name in facts[row["accelerator"]]}
    columns = {name: np.array([facts[row["accelerator"]].get(name, np.nan) for row in rows]) for name in names}
    return from_columns(Node, {**columns, "accelerators": numbers(rows, "accelerators")})


def _support(rows: Sequence[Row], families: Sequence[str]) -> Texts:
    table = {
        (row["family"], row["architecture"], row["precision"]): row["support"] for row in seed_rows("software_support")
    }
    kind = {row["model"]: row["architecture"] for row in seed_rows("model")}
    keys = [(family, kind[row["model"]], row["precision"]) for family, row in zip(families, rows, strict=True)]
    return np.array([table.get(key, "unknown") for key in keys], dtype=np.object_)
