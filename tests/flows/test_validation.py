"""Every published case and measured point is met within its tolerance."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flows.validation import Check, checks

ALL = list(checks())


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.check_id)
def test_check_is_met(check: Check) -> None:
    assert check.passed, f"ours {check.ours:.6g}, published {check.published:.6g} {check.unit}"


def test_every_kind_of_evidence_is_labelled() -> None:
    kinds = {check.evidence_kind for check in ALL}
    assert kinds == {"identity", "inputs_solved_for", "headline", "independent", "calibrated"}


def test_keys_are_unique() -> None:
    assert len({check.check_id for check in ALL}) == len(ALL)


def test_a_miss_is_seen() -> None:
    missed = replace(ALL[0], ours=ALL[0].published * 1.5, tolerance_ratio=0.1)
    assert not missed.passed
    assert missed.error_ratio == pytest.approx(0.5)
