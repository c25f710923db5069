"""Calibrate the serving model on the measured points: ``python -m flows.calibrate [--write]``.

Prints coefficients and the errors of every split; ``--write`` renews the calibrated rows of serving_coefficient.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from costmodel import calibration
from costmodel.coefficients import CoefficientTable
from costmodel.types import Array
from flows.dbt import seed
from flows.fits import (
    CALIBRATED,
    FAST_STACK,
    SEED,
    Calibration,
    calibrate,
    host_overhead_ratio,
    mape,
    pair_ratio,
    sibling_ratio,
    transfer_ratio,
    unfitted_ratio,
    untouched_ratio,
)
from flows.measured import Row, points_of, seed_rows

_AS_OF = "2026-11-21"


class Coefficient(NamedTuple):
    """One calibrated row of the seed, without its unit and date."""

    family: str
    attribute: str
    value: float
    low: float
    high: float
    points: str


def main(arguments: Sequence[str]) -> None:
    """Print every calibration; renew the seed where asked."""
    fits = {accelerator: calibrate(accelerator) for accelerator in CALIBRATED}
    for accelerator, fit in fits.items():
        for line in report(accelerator, fit):
            sys.stdout.write(f"{line}\n")
    rows = merged([*fitted_rows(fits), *direct_errors(fits)])
    ratio = host_overhead_ratio(_table(rows), points_of("throughput"))
    stack = Coefficient(
        f"stack:{FAST_STACK}", "host_overhead_ratio", ratio, ratio / 2.0, ratio * 2.0, "TensorRT-LLM shapes"
    )
    rows = merged([*fitted_rows(fits), *direct_errors(fits), stack])
    sys.stdout.write(f"{FAST_STACK} host_overhead_ratio {ratio:.3f}\n")
    found = checked(_table(rows))
    for family, (points, ratios) in found.items():
        error = f"median true/predicted {np.median(ratios):.2f}, error {mape(ratios, 1.0):.1f} %"
        sys.stdout.write(f"{family}: {points}: {error}\n")
    rows = merged([*fitted_rows(fits), *direct_errors(fits), stack, *family_errors(fits, found)])
    if "--write" in arguments:
        write(rows)


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


def fitted_rows(fits: Mapping[str, Calibration]) -> Iterator[Coefficient]:
    """Give the fitted coefficients; low and high are their extremes with one model left out."""
    for accelerator, family in CALIBRATED.items():
        fit = fits[accelerator]
        for name, value in fit.fitted.items():
            others = [other[name] for other in fit.left_out_fits.values()]
            yield Coefficient(family, name, value, min(value, *others), max(value, *others), "ML.ENERGY runs")
        count = float(fit.points.batch.size)
        yield Coefficient(accelerator, "measured_points", count, count, count, "ML.ENERGY runs")


def direct_errors(fits: Mapping[str, Calibration]) -> Iterator[Coefficient]:
    """Give P5 and P95 of true over predicted throughput on measured accelerators and on those of no known family.

    Measured: of models left out. No known family: twice the widest of that and the error of taking the other family's
    coefficients, in quadrature.
    """
    across = _error(np.concatenate([transfer_ratio(fits, name) for name in fits]))
    exchanged = []
    for accelerator in CALIBRATED:
        own = _left_out_error(fits[accelerator])
        exchanged.append(_quadrature(own, across))
        yield from _error_rows(accelerator, own, "ML.ENERGY runs, model left out")
    widest = np.array([min(error[0] for error in exchanged), max(error[1] for error in exchanged)])
    yield from _error_rows("prior", 2.0 * widest, "twice the widest error with a model left out and family exchanged")


def checked(table: CoefficientTable) -> dict[str, tuple[str, Array]]:
    """Give each family's name of points and true over predicted throughput on accelerators that were not fitted."""
    a100 = np.concatenate([pair_ratio(table), untouched_ratio(table, "a100-sxm-80")])
    return {
        "hopper": ("TensorRT-LLM runs of H200 beside H100", sibling_ratio(table, "hopper")),
        "blackwell": ("TensorRT-LLM runs of GB200 and RTX PRO 6000 beside B200", sibling_ratio(table, "blackwell")),
        "ampere": ("Lambda pairs of A100 and H100, TensorRT-LLM runs of A100", a100),
        "ada": ("TensorRT-LLM runs of L40S", untouched_ratio(table, "l40s")),
        "cdna3": ("Oracle and AMD runs of MI300X", unfitted_ratio()),
    }


def family_errors(fits: Mapping[str, Calibration], found: Mapping[str, tuple[str, Array]]) -> Iterator[Coefficient]:
    """Give the errors of accelerators whose family was fitted or checked on another one.

    That of models left out, of the fitted accelerator of the family or of H100, and that of the accelerators checked,
    in quadrature.
    """
    fitted = {family: accelerator for accelerator, family in CALIBRATED.items()}
    for family, (points, ratios) in found.items():
        own = _left_out_error(fits[fitted.get(family, "h100-sxm")])
        yield from _error_rows(family, _quadrature(own, _error(ratios)), points)


def merged(renewed: Sequence[Coefficient]) -> list[Row]:
    """Give the seed's rows with the renewed ones in place of the old."""
    keys = {(one.family, one.attribute) for one in renewed}
    kept: list[Row] = [row for row in seed_rows(SEED) if (row["family"], row["attribute"]) not in keys]
    return sorted([*kept, *map(_row, renewed)], key=lambda row: (row["family"], row["attribute"]))


def write(rows: Sequence[Row]) -> None:
    """Write the seed."""
    with seed(SEED).open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _left_out_error(fit: Calibration) -> Array:
    return _error(fit.left_out.step_s / fit.points.step_s)


def _error(ratio: Array) -> Array:
    """Logarithms of P5 and P95 of a ratio."""
    return np.log(np.quantile(ratio, (0.05, 0.95)))


def _quadrature(first: Array, second: Array) -> Array:
    return np.array([-1.0, 1.0]) * np.hypot(first, second)


def _error_rows(family: str, error: Array, points: str) -> Iterator[Coefficient]:
    low, high = np.exp(error).tolist()
    yield Coefficient(family, "throughput_ratio_low", low, low, low, points)
    yield Coefficient(family, "throughput_ratio_high", high, high, high, points)


def _row(one: Coefficient) -> dict[str, str]:
    unit = {"ms": "ms", "points": "1"}.get(one.attribute.rsplit("_", 1)[-1], "ratio")
    figures = {"value": one.value, "low": one.low, "high": one.high}
    return {
        "family": one.family,
        "attribute": one.attribute,
        **{name: f"{figure:.4g}" for name, figure in figures.items()},
        "unit": unit,
        "source": f"flows.calibrate on measured_point: {one.points}",
        "as_of": _AS_OF,
    }


def _table(rows: Sequence[Row]) -> dict[str, dict[str, float]]:
    table: dict[str, dict[str, float]] = {}
    for row in rows:
        table.setdefault(row["family"], {})[row["attribute"]] = float(row["value"])
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
