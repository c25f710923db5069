"""Calibrate the serving model on the measured points: ``python -m flows.calibrate [--write]``.

Prints coefficients and the errors of every split; ``--write`` renews the calibrated rows of serving_coefficient.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from costmodel import calibration, serving
from costmodel.calibration import Points, Prediction, Prior
from costmodel.coefficients import CoefficientTable
from costmodel.types import Array
from flows.dbt import seed
from flows.measured import Row, fact_table, inputs_of, numbers, points_of, seed_rows, step_points

#: Coefficient family of each calibrated accelerator.
CALIBRATED = {"h100-sxm": "hopper", "b200-sxm": "blackwell"}
FAST_STACK = "tensorrt-llm"

_SEED = "serving_coefficient"
_SOURCE = "flows.calibrate on measured_point (ML.ENERGY benchmark 3.0 runs)"
_STACK_SOURCE = "flows.calibrate on measured_point (TensorRT-LLM 1.0 performance overview)"
_AS_OF = "2026-11-21"


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
    points = step_points([row for row in points_of("step") if row["accelerator"] == accelerator], _uncalibrated())
    everything = np.ones(points.batch.shape, dtype=np.bool_)
    fits = calibration.leave_one_model_out(points, priors())
    return Calibration(
        points, calibration.fit(points, priors(), everything), fits, calibration.predict_left_out(points, fits)
    )


def priors() -> dict[str, Prior]:
    """Beliefs in the coefficients before the data."""
    return {
        row["attribute"]: Prior(float(row["value"]), float(row["low"]), float(row["high"]))
        for row in seed_rows(_SEED)
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


def calibrated_rows(fits: Mapping[str, Calibration]) -> Iterator[tuple[str, str, float, float, float]]:
    """Give family, attribute, value, low and high of every calibrated coefficient.

    Low and high of a coefficient are its extremes over the fits with one model left out. The throughput error is
    P5 and P95 of true over predicted: of left-out models on a measured accelerator; for the rest of its family that
    and the error of taking the other family's coefficients, in quadrature; for families never measured twice as much.
    """
    across = _error(np.concatenate([_transfer_ratio(fits, name) for name in fits]))
    widest = np.zeros(2)
    for accelerator, family in CALIBRATED.items():
        fit = fits[accelerator]
        for name, value in fit.fitted.items():
            others = [other[name] for other in fit.left_out_fits.values()]
            yield family, name, value, min(value, *others), max(value, *others)
        own = _error(fit.left_out.step_s / fit.points.step_s)
        related = np.sign(own) * np.hypot(own, across)
        widest = np.where(np.abs(related) > np.abs(widest), related, widest)
        yield from _error_rows(accelerator, own)
        yield from _error_rows(family, related)
        count = float(fit.points.batch.size)
        yield accelerator, "measured_points", count, count, count
    yield from _error_rows("prior", 2.0 * widest)


def _error(ratio: Array) -> Array:
    """Logarithms of P5 and P95 of a ratio."""
    return np.log(np.quantile(ratio, (0.05, 0.95)))


def _transfer_ratio(fits: Mapping[str, Calibration], accelerator: str) -> Array:
    """True over predicted throughput of one accelerator's points from the other's coefficients."""
    points = fits[accelerator].points
    other = next(fit for name, fit in fits.items() if name != accelerator)
    return calibration.predict(points, other.fitted).step_s / points.step_s


def _error_rows(key: str, error: Array) -> Iterator[tuple[str, str, float, float, float]]:
    low, high = np.exp(error).tolist()
    yield key, "throughput_ratio_low", low, low, low
    yield key, "throughput_ratio_high", high, high, high


def main(arguments: Sequence[str]) -> None:
    """Print every calibration; renew the seed where asked."""
    fits = {accelerator: calibrate(accelerator) for accelerator in CALIBRATED}
    for accelerator, fit in fits.items():
        for line in report(accelerator, fit):
            sys.stdout.write(f"{line}\n")
    rows = {(family, name): _row(family, name, *value) for family, name, *value in calibrated_rows(fits)}
    table = _table([*_kept(rows), *rows.values()])
    ratio = host_overhead_ratio(table, points_of("throughput"))
    sys.stdout.write(f"{FAST_STACK} host_overhead_ratio {ratio:.3f}\n")
    stack = (f"stack:{FAST_STACK}", "host_overhead_ratio")
    rows[stack] = {**_row(*stack, ratio, ratio / 2.0, ratio * 2.0), "source": _STACK_SOURCE}
    if "--write" in arguments:
        write([*_kept(rows), *rows.values()])


def report(accelerator: str, fit: Calibration) -> Iterator[str]:
    """Give the coefficients and errors of one accelerator, line by line."""
    points = fit.points
    for name, value in fit.fitted.items():
        yield f"{accelerator} {name:32s} {value:10.4g}"
    for split, predicted in (("in sample", calibration.predict(points, fit.fitted)), ("left out", fit.left_out)):
        step = mape(predicted.step_s, points.step_s)
        energy = mape(predicted.joules_per_token, points.joules_per_token)
        watts = mape(predicted.accelerator_w, points.accelerator_w)
        yield f"{accelerator} {split:10s} step {step:5.1f} %  J/token {energy:5.1f} %  watts {watts:5.1f} %"
    for model in sorted(set(points.model.tolist())):
        ratio = (fit.left_out.step_s / points.step_s)[points.model == model]
        yield f"{accelerator} left out {model:20s} step {mape(ratio, 1.0):5.1f} %, bias {np.median(ratio):.2f}"


def mape(predicted: Array, measured: Array | float) -> float:
    """Mean absolute percentage error."""
    return float(np.mean(np.abs(predicted / measured - 1.0)) * 100.0)


def write(rows: Sequence[Mapping[str, str]]) -> None:
    """Write the seed, sorted by its key."""
    with seed(_SEED).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted(rows, key=lambda row: (row["family"], row["attribute"])))


def _kept(renewed: Mapping[tuple[str, str], object]) -> list[dict[str, str]]:
    return [row for row in seed_rows(_SEED) if (row["family"], row["attribute"]) not in renewed]


def _row(family: str, attribute: str, value: float, low: float, high: float) -> dict[str, str]:
    unit = {"ms": "ms", "points": "1"}.get(attribute.rsplit("_", 1)[-1], "ratio")
    figures = {name: f"{figure:.4g}" for name, figure in (("value", value), ("low", low), ("high", high))}
    return {
        "family": family,
        "attribute": attribute,
        **figures,
        "unit": unit,
        "source": _SOURCE,
        "as_of": _AS_OF,
    }


def _table(rows: Sequence[Mapping[str, str]]) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for row in rows:
        table.setdefault(row["family"], {})[row["attribute"]] = float(row["value"])
    return table


def _uncalibrated() -> dict[str, dict[str, float]]:
    """Coefficients before calibration: priors and stacks."""
    table = fact_table(_SEED)
    return {key: facts for key, facts in table.items() if key == "prior" or key.startswith("stack:")}


if __name__ == "__main__":
    main(sys.argv[1:])
