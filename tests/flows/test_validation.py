"""Every published case and measured point is met within its tolerance, or known not to be."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import exp, hypot, log

import pytest

from flows.commands.validate import KINDS
from flows.training_checks import interval_tolerance
from flows.validation import Check, checks

ALL = list(checks())


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.check_id)
def test_check_is_met_unless_it_is_known_not_to_be(check: Check) -> None:
    assert check.passed is not check.known_miss, f"ours {check.ours:.6g}, published {check.published:.6g} {check.unit}"


def test_every_kind_of_evidence_is_labelled() -> None:
    assert {check.evidence_kind for check in ALL} == set(KINDS)


def test_what_the_model_was_chosen_on_is_not_independent() -> None:
    """docs/serving_model.md: the step's form on left-out errors, the widths of two priors on TensorRT-LLM and NIM."""
    selected = Counter(check.source.split(",")[0] for check in ALL if check.evidence_kind == "selected")
    assert selected == {
        "NVIDIA TensorRT-LLM 1.0 performance overview": 20,
        "NVIDIA NIM 1.8 LLM benchmarking guide": 3,
        "ML.ENERGY benchmark 3.0 runs": 4,
        "Llama 3.1 model card": 2,
        "DeepSeek-V3 README: 2.788 M H800 hours": 1,
    }
    independent = {check.check_id for check in ALL if check.evidence_kind == "independent"}
    assert {name for name in independent if not name.startswith("parameters-")} == {
        "deepseek-day-prefill",
        "deepseek-day-decode",
        "unfitted-mi300x",
        "unfitted-a100",
        "unfitted-a100-alone",
        "unfitted-l40s",
        "unfitted-hopper",
        "unfitted-blackwell",
    }


@pytest.mark.parametrize(
    ("check_id", "params", "tokens", "flop_per_s", "published", "kind"),
    [
        # dense peak x utilisation while steps run x goodput
        ("training-llama-3.1-405b-bf16", 405.85e9, 15.6e12, 989e12 * 0.375 * 0.85, 30.84e6, "calibrated"),
        ("training-llama-3.1-70b-bf16", 70.55e9, 15e12, 989e12 * 0.375 * 0.85, 7.0e6, "selected"),
        ("training-llama-3.1-8b-bf16", 8.03e9, 15e12, 989e12 * 0.375 * 0.85, 1.46e6, "selected"),
        ("training-deepseek-v3-bf16", 37e9, 14.8e12, 989e12 * 0.375 * 0.85, 2.788e6, "selected"),
        ("training-deepseek-v3-fp8", 37e9, 14.8e12, 1979e12 * 0.195 * 0.85, 2.788e6, "calibrated"),
    ],
)
def test_hours_of_training_stand_beside_the_published_ones(
    check_id: str, params: float, tokens: float, flop_per_s: float, published: float, kind: str
) -> None:
    (check,) = (check for check in ALL if check.check_id == check_id)
    assert check.ours == pytest.approx(6.0 * params * tokens / flop_per_s / 3600.0, rel=2e-3)
    assert (check.published, check.evidence_kind) == (published, kind)


def test_training_is_allowed_the_interval_of_utilisation_and_goodput() -> None:
    """P95 over P50 of each, .375/.25 and .85/.75 above and .43/.375 and .95/.85 below, add up in quadrature."""
    allowed = {check.check_id: check.tolerance_ratio for check in ALL if check.check_id.startswith("training-")}
    above = exp(hypot(log(0.375 / 0.25), log(0.85 / 0.75)))
    below = exp(hypot(log(0.43 / 0.375), log(0.95 / 0.85)))
    assert allowed == {
        "training-llama-3.1-405b-bf16": pytest.approx(below - 1.0, abs=0.01),
        "training-llama-3.1-70b-bf16": pytest.approx(1.0 - 1.0 / above, abs=0.01),
        "training-llama-3.1-8b-bf16": pytest.approx(1.0 - 1.0 / above, abs=0.01),
        "training-deepseek-v3-bf16": pytest.approx(below - 1.0, abs=0.01),
        "training-deepseek-v3-fp8": 0.01,
    }


@pytest.mark.parametrize(("published", "met"), [(7.9, False), (8.1, True), (10.0, True), (15.9, True), (16.1, False)])
def test_an_interval_is_met_from_its_low_to_its_high(published: float, met: bool) -> None:
    tolerance = interval_tolerance(10.0, published, 8.0, 16.0)
    assert Check("a", "A", 10.0, published, "h", tolerance, "selected", "a card").passed is met


def test_small_models_are_known_to_train_at_less_than_the_usual_utilisation() -> None:
    assert [check.check_id for check in ALL if check.known_miss] == ["training-llama-3.1-8b-bf16"]


def test_keys_are_unique() -> None:
    assert len({check.check_id for check in ALL}) == len(ALL)


def test_a_miss_is_seen() -> None:
    missed = replace(ALL[0], ours=ALL[0].published * 1.5, tolerance_ratio=0.1)
    assert not missed.passed
    assert missed.error_ratio == pytest.approx(0.5)
