"""Every accelerator x model x shape stays inside what its hardware allows, and moves the way physics does."""

from __future__ import annotations

import itertools
from dataclasses import fields

import numpy as np
import pytest

from costmodel import architecture, serving
from costmodel.coefficients import lookup
from costmodel.memory import weight_bytes
from costmodel.power import idle_power_w
from costmodel.serving import ServingPlan
from costmodel.serving_inputs import Node, Quantisation, Workload, from_columns
from costmodel.step_time import Rows
from flows.measured import architectures, fact_table, seed_rows

ACCELERATORS = [
    name
    for name, facts in fact_table("accelerator_fact").items()
    if {"bf16_dense_tflops", "memory_bandwidth_gb_s", "memory_gb"} <= facts.keys()
]
MODELS = sorted(architectures())
GROUPS, BATCHES, INPUTS, OUTPUTS = (1, 2), (1, 256), (128, 32000), (32, 4096)
#: accelerator, model, precision, accelerators, batch, prompt, output; the last four are the axes of the grid
KEYS = list(itertools.product(ACCELERATORS, MODELS, ("bf16", "fp8"), GROUPS, BATCHES, INPUTS, OUTPUTS))
GRID = (-1, len(GROUPS), len(BATCHES), len(INPUTS), len(OUTPUTS))


@pytest.fixture(scope="module")
def swept() -> tuple[Rows, ServingPlan, np.ndarray]:
    """All combinations: inputs, plans, and the accelerators of each."""
    accelerator, model, precision, group, batch, prompt, output = (list(column) for column in zip(*KEYS, strict=True))
    family = {row["accelerator"]: row["family"] for row in seed_rows("accelerator")}
    kind = {row["model"]: row["architecture"] for row in seed_rows("model")}
    support = {(r["family"], r["architecture"], r["precision"]): r["support"] for r in seed_rows("software_support")}
    facts, counted = fact_table("accelerator_fact"), architectures()
    names = [field.name for field in fields(Node)]
    columns = {name: np.array([facts[one].get(name, np.nan) for one in accelerator]) for name in names}
    stated = [
        support.get((family[a], kind[m], p), "unknown") for a, m, p in zip(accelerator, model, precision, strict=True)
    ]
    inputs = (
        architecture.stack([counted[name] for name in model]),
        Workload(np.array(prompt, float), np.array(output, float)),
        from_columns(Node, columns | {"accelerators": np.array(group, float), "accelerator_fraction": 1.0}),
        Quantisation(np.array(precision, object), np.array(stated, object)),
        lookup(fact_table("serving_coefficient"), accelerator, [family[name] for name in accelerator]),
    )
    plan = serving.plan(*inputs, tensor_parallel=np.array(group, float), batch=np.array(batch, float))
    rows, _ = serving.prepare(*inputs)
    return rows, plan, np.array(group, float)


def test_no_step_is_shorter_than_its_weights_or_its_flop_take(swept: tuple[Rows, ServingPlan, np.ndarray]) -> None:
    rows, plan, group = swept
    served = plan.status == "ok"
    model, work = rows.architecture, rows.workload
    resident = weight_bytes(model, rows.formats) - model.embedding_params * 2.0 + model.head_params * 2.0
    # each token reads at least its own experts
    read = resident - model.expert_params * rows.formats.expert_bytes * (1.0 - model.experts_per_token / model.experts)
    read = np.where(np.asarray(model.moe_layers) > 0, read, resident)
    step_s = plan.itl_ms / 1e3
    assert np.all(step_s[served] > (read / group / (rows.node.memory_bandwidth_gb_s * 1e9))[served])
    tokens = plan.batch * (1.0 + work.input_tokens / work.output_tokens)
    flop = 2.0 * model.active_params_flops * tokens / group
    assert np.all(step_s[served] > (flop / (rows.formats.gemm_tflops * 1e12))[served])


def test_power_lies_between_idle_and_the_limit(swept: tuple[Rows, ServingPlan, np.ndarray]) -> None:
    rows, plan, _ = swept
    known = (plan.status == "ok") & np.isfinite(np.asarray(rows.node.tdp_w))
    idle_w = idle_power_w(rows.node.tdp_w, rows.node.idle_w, rows.coefficients.idle_power_ratio)
    assert np.all(plan.accelerator_watts[known] > idle_w[known])
    assert np.all(plan.accelerator_watts[known] <= np.asarray(rows.node.tdp_w)[known])


def test_more_sequences_or_longer_prompts_never_shorten_the_step(swept: tuple[Rows, ServingPlan, np.ndarray]) -> None:
    _, plan, _ = swept
    itl_ms, tok_s, batch = (values.reshape(GRID) for values in (plan.itl_ms, plan.output_tok_s_per_replica, plan.batch))
    for axis in (2, 3):
        longer = np.diff(itl_ms, axis=axis)
        same = np.diff(batch, axis=axis) >= 0.0
        assert not np.any(same & (longer < -1e-9))
    assert not np.any(np.diff(tok_s, axis=2) < -1e-6 * tok_s[:, :, 1:]), "a larger batch is never slower in all"


def test_twice_the_accelerators_never_more_than_double_a_batch_of_one(
    swept: tuple[Rows, ServingPlan, np.ndarray],
) -> None:
    _, plan, _ = swept
    alone = plan.output_tok_s_per_replica.reshape(GRID)[:, :, 0]
    assert not np.any(alone[:, 1:] > 2.0 * alone[:, :-1])
