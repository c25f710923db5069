"""The quick set of ``make faults``: one wave of broken sources, and one kill in each stage of a night."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.faults.kills import STAGES, run_kills
from tests.faults.outcome import Outcome
from tests.faults.waves import run_waves

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1200)]


def _missed(outcomes: Iterable[Outcome]) -> list[Outcome]:
    return [o for o in outcomes if not o.held]


def test_broken_sources_cost_no_night(tmp_path: Path) -> None:
    assert _missed(run_waves(tmp_path, ("transport",))) == []


def test_kills_lose_nothing(tmp_path: Path) -> None:
    assert _missed(run_kills(tmp_path, dict.fromkeys(STAGES, 1), seed=1)) == []
