"""Fits of the serving model to the measured points, and its error where it has not been fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from costmodel import calibration, serving
from costmodel.calibration import Points, Prediction, Prior
from costmodel.coefficients import CoefficientTable
from costmodel.step_time import step_time
from costmodel.types import Array
from flows.measured import Row, fact_table, inputs_of, numbers, points_of, seed_rows, step_points, texts

SEED = "serving_coefficient"
FAST_STACK = "tensorrt-llm"

#: Coefficient family of each accelerator that the step model is fitted on.
CALIBRATED = {"h100-sxm": "hopper", "b200-sxm": "blackwell"}


@dataclass(frozen=True)
class Calibration:
    """The fit of one accelerator.

    Attributes:
        points: Its measured points.
        fitted: Coefficients on all points.
        left_out_fits: Coefficients without each model.
        left_out: Prediction of each model's points from all other models.
    """

    points: Points
    fitted: Mapping[str, float]
    left_out_fits: Mapping[str, Mapping[str, float]]
    left_out: Prediction


def calibrate(accelerator: str) -> Calibration:
    """Fit one accelerator's measured points."""
    points = step_points([row for row in points_of("step") if row["accelerator"] == accelerator], uncalibrated())
    everything = np.ones(points.batch.shape, dtype=np.bool_)
    fits = calibration.leave_one_model_out(points, priors())
    return Calibration(
        points, calibration.fit(points, priors(), everything), fits, calibration.predict_left_out(points, fits)
    )


def uncalibrated() -> dict[str, dict[str, float]]:
    """Coefficients before calibration: priors and stacks."""
    table = fact_table(SEED)
    return {key: facts for key, facts in table.items() if key == "prior" or key.startswith("stack:")}


def priors() -> dict[str, Prior]:
    """Beliefs in the coefficients before the data."""
    return {
        row["attribute"]: Prior(float(row["value"]), float(row["low"]), float(row["high"]))
        for row in seed_rows(SEED)
        if row["family"] == "prior"
    }


def with_host_overhead(table: CoefficientTable, ratio: float) -> dict[str, Mapping[str, float]]:
    """Give the fast stack a host overhead."""
    stack = f"stack:{FAST_STACK}"
    return {**table, stack: {**table[stack], "host_overhead_ratio": ratio}}


def host_overhead_ratio(table: CoefficientTable, rows: Sequence[Row]) -> float:
    """Fit the one coefficient of the fast stack: host time over that of the stack calibrated on.

    Args:
        table: Coefficients, calibrated but for this one.
        rows: Measured points of maximum throughput.
    """
    measured = numbers(rows, "output_tok_s")
    group = numbers(rows, "accelerators")

    def throughput(ratio: Array) -> Array:
        inputs = inputs_of(rows, with_host_overhead(table, float(ratio[0])), FAST_STACK)
        return serving.plan(*inputs, tensor_parallel=group).output_tok_s_per_replica

    everything = np.ones(measured.shape, dtype=np.bool_)
    fitted = calibration.maximum_posterior(throughput, measured, [priors()["host_overhead_ratio"]], everything)
    return float(fitted[0])


def transfer_ratio(fits: Mapping[str, Calibration], accelerator: str) -> Array:
    """True over predicted throughput of one accelerator's points from the other's coefficients."""
    points = fits[accelerator].points
    other = next(fit for name, fit in fits.items() if name != accelerator)
    return calibration.predict(points, other.fitted).step_s / points.step_s


def sibling_ratio(table: CoefficientTable, family: str) -> Array:
    """True over predicted throughput of a fitted family's other accelerators, relative to the fitted one.

    Both ran the same model and lengths on one release of the fast stack, so that what is wrong about them cancels.
    """
    (fitted,) = (accelerator for accelerator, name in CALIBRATED.items() if name == family)
    families = {row["accelerator"]: row["family"] for row in seed_rows("accelerator")}
    rows = [*points_of("throughput"), *points_of("generation")]
    rows = [row for row in rows if families[row["accelerator"]] == family]
    ratio = dict(zip(map(_run, rows), _throughput_ratio(table, rows).tolist(), strict=True))
    siblings = [run for run in ratio if run.accelerator != fitted]
    return np.array([ratio[run] / ratio[run._replace(accelerator=fitted)] for run in siblings])


class _Run(NamedTuple):
    """What was run where."""

    accelerator: str
    model: str
    input_tokens: str
    output_tokens: str


def _run(row: Row) -> _Run:
    return _Run(*(row[name] for name in _Run._fields))


def untouched_ratio(table: CoefficientTable, accelerator: str) -> Array:
    """True over predicted throughput of an accelerator that takes the priors, on the fast stack."""
    return _throughput_ratio(table, [row for row in points_of("unfitted") if row["accelerator"] == accelerator])


def _throughput_ratio(table: CoefficientTable, rows: Sequence[Row]) -> Array:
    plan = serving.plan(*inputs_of(rows, table, FAST_STACK), tensor_parallel=numbers(rows, "accelerators"))
    return np.asarray(numbers(rows, "output_tok_s") / plan.output_tok_s_per_replica)


def unfitted_ratio() -> Array:
    """True over predicted throughput of MI300X from the priors alone."""
    points = step_points(points_of("transfer"), uncalibrated())
    return calibration.predict(points, {name: prior.value for name, prior in priors().items()}).step_s / points.step_s


def pair_ratio(table: CoefficientTable) -> Array:
    """True over predicted throughput of A100 relative to H100, both on the same software.

    The pairs were run on an old, slow host loop, which cancels in the ratio.
    """
    rows = points_of("pair")
    points = step_points(rows, table)
    step = step_time(points.rows, points.batch, points.group).total_s
    older = texts(rows, "accelerator") == "a100-sxm-80"
    predicted = step[older] / step[~older]
    return np.asarray(predicted / (points.step_s[older] / points.step_s[~older]))


def mape(predicted: Array, measured: Array | float) -> float:
    """Mean absolute percentage error."""
    return float(np.mean(np.abs(predicted / measured - 1.0)) * 100.0)
