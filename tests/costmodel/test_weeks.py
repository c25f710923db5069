"""Days and weeks of traffic in one table: each row is what it is alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from costmodel.attribution import attribute
from costmodel.commitment import commitment
from costmodel.evaluate import evaluate
from costmodel.explain import explain
from tests.costmodel.options import BEDROCK, CLOUD, DAY, DGX_H100, FLAT, FP8, columns, exact_assumptions, option

# 120 busy hours from Monday 00:00, then two idle days
WEEKDAYS = np.where(np.arange(168) < 120, 1 / 120, 0.0)
OWN_PEAK = {"peak_to_average_ratio": np.nan}
MIX = {"billing": "mix", "usd_per_hour": 40.0}


def together(rows: list[dict[str, Any]], profiles: list[np.ndarray[Any, Any]]) -> dict[str, np.ndarray[Any, Any]]:
    """Input columns of rows of days and weeks: a day is 24 hours and NaN."""
    padded = [np.pad(profile, (0, 168 - profile.size), constant_values=np.nan) for profile in profiles]
    return columns(rows) | {"demand_share_by_hour": np.array(padded)}


ROWS = [option(CLOUD, FP8), option(CLOUD, FP8, OWN_PEAK), option(CLOUD, FP8, MIX), option(CLOUD, FP8, MIX, OWN_PEAK)]
ROWS += [option(DGX_H100, FP8), option(BEDROCK), option(CLOUD, FP8, OWN_PEAK, billing="autoscaled")]
PROFILES = [DAY, WEEKDAYS, FLAT, WEEKDAYS, DAY, DAY, WEEKDAYS]


def test_a_row_costs_among_others_what_it_costs_alone() -> None:
    mixed = evaluate(together(ROWS, PROFILES), exact_assumptions(), draws=8)
    for at, (row, profile) in enumerate(zip(ROWS, PROFILES, strict=True)):
        alone = evaluate(columns([row], profile), exact_assumptions(), draws=8)
        assert {name: values[at] for name, values in mixed.items()} == pytest.approx(
            {name: values.item() for name, values in alone.items()}, rel=0, abs=0, nan_ok=True
        )


def test_a_commitment_among_others_is_what_it_is_alone() -> None:
    rows = [option(CLOUD, FP8, MIX, OWN_PEAK)] * 4
    half_week = np.where(np.arange(168) < 84, 1 / 84, 0.0)
    profiles = [DAY, WEEKDAYS, half_week, FLAT]
    mixed = commitment(together(rows, profiles), exact_assumptions())
    for at, profile in enumerate(profiles):
        alone = commitment(columns(rows[:1], profile), exact_assumptions())
        for name, values in alone.items():
            assert mixed[name][at] == pytest.approx(values.item(), rel=0, abs=0, nan_ok=True), name


def test_a_day_seven_times_over_is_the_day() -> None:
    rows = [option(CLOUD, FP8, MIX), option(CLOUD, FP8, billing="autoscaled"), option(DGX_H100, FP8)]
    day = evaluate(columns(rows), exact_assumptions(), draws=0)
    week = evaluate(columns(rows, np.tile(DAY, 7) / 7), exact_assumptions(), draws=0)
    for name, values in day.items():
        assert week[name] == pytest.approx(values, nan_ok=True), name


@pytest.mark.parametrize("hours", [1, 24, 100])
def test_it_does_not_matter_at_which_hour_a_week_begins(hours: int) -> None:
    rows = [option(CLOUD, FP8, OWN_PEAK, billing="autoscaled"), option(CLOUD, FP8, MIX, OWN_PEAK)]
    first, later = (
        evaluate(columns(rows, profile), exact_assumptions(), draws=0)
        for profile in (WEEKDAYS, np.roll(WEEKDAYS, hours))
    )
    assert later["usd_per_day"] == pytest.approx(first["usd_per_day"])


def test_a_bill_of_a_day_among_weeks_is_taken_apart() -> None:
    lines = explain(together([ROWS[0]], [DAY]), exact_assumptions())
    assert lines == explain(columns([ROWS[0]], DAY), exact_assumptions())


def test_a_week_in_place_of_a_day_is_a_change_of_the_scenario() -> None:
    rows = [option(CLOUD, FP8, OWN_PEAK, billing="autoscaled")]
    before, after = columns(rows, FLAT), columns(rows, WEEKDAYS)
    parts = attribute(before, after, exact_assumptions(), exact_assumptions())
    costs = [evaluate(night, exact_assumptions(), draws=0)["usd_per_day"] for night in (before, after)]
    assert parts["scenario"] == pytest.approx(costs[1] - costs[0])
    assert abs(parts["scenario"].item()) > 100


def test_the_week_of_another_scenario_moves_no_cost() -> None:
    rows = [option(CLOUD, FP8)]
    parts = attribute(columns(rows, DAY), together(rows, [DAY]), exact_assumptions(), exact_assumptions())
    assert {name: part.item() for name, part in parts.items()} == dict.fromkeys(parts, 0.0)
