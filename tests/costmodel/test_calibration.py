"""The fit recovers known coefficients, and the committed ones come from it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from costmodel import calibration
from costmodel.calibration import POWER_NAMES, STEP_NAMES, Points, Prior
from flows.fits import CALIBRATED, calibrate, mape, priors
from flows.measured import fact_table, points_of, step_points

TABLE = fact_table("serving_coefficient")
UNCALIBRATED = {key: facts for key, facts in TABLE.items() if key == "prior" or key.startswith("stack:")}


def h100_points() -> Points:
    return step_points([row for row in points_of("step") if row["accelerator"] == "h100-sxm"], UNCALIBRATED)


def test_a_fit_recovers_the_coefficients_behind_the_points() -> None:
    points = h100_points()
    # one coefficient far from its prior, the others at theirs
    truth = {name: prior.value for name, prior in priors().items()}
    truth["layer_overhead_ms"] *= 1.6
    made = calibration.predict(points, truth)
    points = replace(points, step_s=made.step_s, accelerator_w=made.accelerator_w)
    fitted = calibration.fit(points, priors(), np.ones(points.batch.shape, dtype=bool))
    assert fitted["layer_overhead_ms"] == pytest.approx(truth["layer_overhead_ms"], rel=0.1)
    assert mape(calibration.predict(points, fitted).step_s, points.step_s) < 1.0


def test_one_odd_run_does_not_bend_the_fit() -> None:
    points = h100_points()
    used = np.ones(points.batch.shape, dtype=bool)
    odd = points.step_s.copy()
    odd[0] *= 20.0
    clean = calibration.fit(points, priors(), used)
    bent = calibration.fit(replace(points, step_s=odd), priors(), used)
    assert [bent[name] for name in STEP_NAMES] == pytest.approx([clean[name] for name in STEP_NAMES], rel=0.15)


def test_a_prior_keeps_its_interval() -> None:
    prior = Prior(0.5, 0.25, 1.0)
    assert prior.spread == pytest.approx(np.log(2.0) / 1.6449, rel=1e-3)


@pytest.mark.parametrize(
    ("accelerator", "step_percent", "energy_percent"), [("h100-sxm", 18.0, 20.0), ("b200-sxm", 30.0, 26.0)]
)
def test_models_left_out_are_predicted(accelerator: str, step_percent: float, energy_percent: float) -> None:
    fit = calibrate(accelerator)
    assert mape(fit.left_out.step_s, fit.points.step_s) <= step_percent
    assert mape(fit.left_out.joules_per_token, fit.points.joules_per_token) <= energy_percent


@pytest.mark.parametrize(("accelerator", "family"), list(CALIBRATED.items()))
def test_the_committed_coefficients_come_from_the_committed_points(accelerator: str, family: str) -> None:
    fitted = calibrate(accelerator).fitted
    for name in STEP_NAMES + POWER_NAMES:
        assert TABLE[family][name] == pytest.approx(fitted[name], rel=0.01), name


def test_efficiencies_are_physical() -> None:
    for family in CALIBRATED.values():
        for name in STEP_NAMES:
            if name.endswith("efficiency"):
                assert 0.2 < TABLE[family][name] < 1.0, (family, name)
        assert TABLE[family]["expert_imbalance_ratio"] >= 1.0


def test_the_documented_errors_are_those_of_the_code() -> None:
    page = (Path(__file__).parents[2] / "docs" / "serving_model.md").read_text()
    for name, accelerator in (("H100", "h100-sxm"), ("B200", "b200-sxm")):
        fit = calibrate(accelerator)
        seen = calibration.predict(fit.points, fit.fitted)
        errors = [
            mape(seen.step_s, fit.points.step_s),
            mape(fit.left_out.step_s, fit.points.step_s),
            mape(fit.left_out.joules_per_token, fit.points.joules_per_token),
            mape(fit.left_out.accelerator_w, fit.points.accelerator_w),
        ]
        row = next(line for line in page.splitlines() if line.startswith(f"| {name} ("))
        documented = [float(cell) for cell in row.split("|")[2:6]]
        assert documented == pytest.approx(errors, abs=0.15)
