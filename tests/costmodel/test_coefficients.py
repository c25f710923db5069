"""Each row gets the coefficients of its accelerator, family and stack."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from costmodel.coefficients import Coefficients, lookup
from flows.measured import fact_table, seed_rows

TABLE = fact_table("serving_coefficient")


def one(accelerator: str, family: str, stack: str = "vllm") -> Coefficients:
    return lookup(TABLE, [accelerator], [family], stack)


def test_an_unknown_family_takes_the_priors() -> None:
    found = one("some-chip", "some-family")
    assert found.evidence[0] == "prior"
    assert found.weight_bandwidth_efficiency[0] == TABLE["prior"]["weight_bandwidth_efficiency"]
    assert found.dense_tflops_per_watt_limit[0] == TABLE["prior"]["dense_tflops_per_watt_limit"]


def test_a_calibrated_family_takes_its_own() -> None:
    found = one("h200-sxm", "hopper")
    assert found.evidence[0] == "family"
    assert found.layer_overhead_ms[0] == TABLE["hopper"]["layer_overhead_ms"]


def test_a_measured_accelerator_has_a_narrower_error_than_its_family() -> None:
    measured, family = one("h100-sxm", "hopper"), one("h200-sxm", "hopper")
    assert measured.evidence[0] == "measured"
    assert family.throughput_ratio_low[0] < measured.throughput_ratio_low[0] < 1.0
    assert family.throughput_ratio_high[0] > measured.throughput_ratio_high[0] > 1.0


def test_a_checked_family_takes_the_priors_with_the_checked_error() -> None:
    found = one("a100-sxm-80", "ampere")
    assert found.evidence[0] == "family"
    assert found.prefill_efficiency[0] == TABLE["prior"]["prefill_efficiency"]
    assert found.throughput_ratio_low[0] == TABLE["ampere"]["throughput_ratio_low"]


def test_a_stack_overlays_the_host() -> None:
    vllm, fast = one("h100-sxm", "hopper"), one("h100-sxm", "hopper", "tensorrt-llm")
    assert vllm.host_overhead_ratio[0] == 1.0
    assert fast.host_overhead_ratio[0] < 0.3
    assert fast.layer_overhead_ms[0] == vllm.layer_overhead_ms[0]


def test_rows_keep_their_order() -> None:
    found = lookup(TABLE, ["b200-sxm", "h100-sxm"], ["blackwell", "hopper"])
    assert found.layer_overhead_ms.tolist() == [
        TABLE["blackwell"]["layer_overhead_ms"],
        TABLE["hopper"]["layer_overhead_ms"],
    ]


def test_an_unknown_stack_is_an_error() -> None:
    with pytest.raises(KeyError, match="stack:other"):
        one("h100-sxm", "hopper", "other")


def test_no_dense_figure_of_the_reference_looks_sparse() -> None:
    families = {row["accelerator"]: row["family"] for row in seed_rows("accelerator")}
    for accelerator, facts in fact_table("accelerator_fact").items():
        if {"bf16_dense_tflops", "tdp_w"} <= facts.keys():
            limit = one(accelerator, families[accelerator]).dense_tflops_per_watt_limit[0]
            assert facts["bf16_dense_tflops"] / facts["tdp_w"] < limit, accelerator


def test_an_accelerators_own_figure_wins_over_its_familys_and_the_stacks_over_both() -> None:
    names = [field.name for field in fields(Coefficients) if field.name != "evidence"]
    table = {
        "prior": dict.fromkeys(names, 1.0),
        "kin": dict.fromkeys(names[:-1], 2.0),
        "card": dict.fromkeys(names[:-2], 3.0),
        "stack:vllm": dict.fromkeys(names[:-3], 4.0),
    }
    found = lookup(table, ["card", "other"], ["kin", "stranger"])
    figures = np.array([getattr(found, name) for name in names])
    assert figures[-3:].tolist() == [[3, 1], [2, 1], [1, 1]]
    assert (figures[:-3] == 4.0).all()
    assert found.evidence.tolist() == ["measured", "prior"]
