"""Fit the serving coefficients to measured points: maximum a posteriori in logarithms, positive by construction.

Each coefficient has a prior (centre and spread, in the seed table); residuals are log ratios, so that a slow and a fast
step count alike, under a Cauchy loss, so that odd runs do not bend the fit. Priors matter: with points of six models
per family the data alone would drive efficiencies above one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from costmodel.coefficients import Coefficients
from costmodel.power import accelerator_power_w
from costmodel.step_time import Rows, StepTime, step_time
from costmodel.types import Array, Flags, Texts

STEP_NAMES = (
    "weight_bandwidth_efficiency",
    "expert_bandwidth_efficiency",
    "quantised_bandwidth_ratio",
    "expert_imbalance_ratio",
    "kv_bandwidth_efficiency",
    "compute_efficiency",
    "prefill_efficiency",
    "layer_overhead_ms",
    "moe_layer_overhead_ms",
    "collective_latency_ms",
    "link_efficiency",
    "sequence_overhead_ms",
    "prompt_overhead_ms",
)
POWER_NAMES = ("power_static_ratio", "power_bandwidth_ratio", "power_compute_ratio")

_NOISE = 0.15
_CAUCHY = 0.15
_MAX_STEPS = 60
_DIFFERENCE = 1e-5
_P95_SIGMA = 1.6449


@dataclass(frozen=True, slots=True)
class Prior:
    """Lognormal belief in a coefficient before the data.

    Attributes:
        value: Median.
        low: P5.
        high: P95.
    """

    value: float
    low: float
    high: float

    @property
    def spread(self) -> float:
        """Standard deviation of the logarithm."""
        return float(np.log(self.high / self.low)) / (2.0 * _P95_SIGMA)


@dataclass(frozen=True, slots=True)
class Points:
    """Measured serving points; arrays of shape (points,).

    Attributes:
        rows: Model, workload, accelerator and format of each point; its coefficients are the priors.
        group: Accelerators of the replica.
        batch: Sequences decoded together.
        step_s: Effective step: batch over output tokens per second [s].
        accelerator_w: Power of one accelerator [W].
        model: Model of each point, the unit that is left out.
    """

    rows: Rows
    group: Array
    batch: Array
    step_s: Array
    accelerator_w: Array
    model: Texts

    @property
    def joules_per_token(self) -> Array:
        """Accelerator energy per output token, as measured [J]."""
        return self.group * self.accelerator_w * self.step_s / self.batch


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a fit says of each point.

    Attributes:
        step_s: Step [s].
        accelerator_w: Power at the predicted step [W].
        joules_per_token: Accelerator energy per output token [J].
    """

    step_s: Array
    accelerator_w: Array
    joules_per_token: Array


def fit(points: Points, priors: Mapping[str, Prior], used: Flags) -> dict[str, float]:
    """Fit step and power coefficients on the points where ``used``.

    Args:
        points: All points of one family.
        priors: Belief in every coefficient of STEP_NAMES and POWER_NAMES.
        used: Points to fit on, shape (points,).

    Returns:
        The coefficients by name.
    """
    steps = maximum_posterior(
        lambda values: _step(points, dict(zip(STEP_NAMES, values, strict=True))).total_s,
        points.step_s,
        [priors[name] for name in STEP_NAMES],
        used,
    )
    fitted = dict(zip(STEP_NAMES, steps.tolist(), strict=True))
    step = _at_measured_speed(_step(points, fitted), points.step_s)
    watts = maximum_posterior(
        lambda values: _power(points, step, dict(zip(POWER_NAMES, values, strict=True))),
        points.accelerator_w,
        [priors[name] for name in POWER_NAMES],
        used,
    )
    return {**fitted, **dict(zip(POWER_NAMES, watts.tolist(), strict=True))}


def predict(points: Points, fitted: Mapping[str, float]) -> Prediction:
    """Predict step, power and energy of every point from fitted coefficients."""
    step = _step(points, fitted)
    watts = _power(points, step, fitted)
    return Prediction(step.total_s, watts, points.group * watts * step.total_s / points.batch)


def leave_one_model_out(points: Points, priors: Mapping[str, Prior]) -> dict[str, dict[str, float]]:
    """Fit once per model on the points of all other models: left-out model -> coefficients."""
    models = sorted(set(points.model.tolist()))
    return {model: fit(points, priors, np.asarray(points.model != model)) for model in models}


def predict_left_out(points: Points, fits: Mapping[str, Mapping[str, float]]) -> Prediction:
    """Predict each model's points from the fit that has not seen it."""
    each = {model: predict(points, fitted) for model, fitted in fits.items()}
    chosen = [each[model] for model in points.model.tolist()]
    return Prediction(
        step_s=np.array([one.step_s[index] for index, one in enumerate(chosen)]),
        accelerator_w=np.array([one.accelerator_w[index] for index, one in enumerate(chosen)]),
        joules_per_token=np.array([one.joules_per_token[index] for index, one in enumerate(chosen)]),
    )


def _step(points: Points, values: Mapping[str, float]) -> StepTime:
    rows = replace(points.rows, coefficients=_with(points.rows.coefficients, values, STEP_NAMES))
    return step_time(rows, points.batch, points.group)


def _power(points: Points, step: StepTime, values: Mapping[str, float]) -> Array:
    return accelerator_power_w(
        points.rows.node.tdp_w,
        step.memory_bandwidth_utilisation,
        step.compute_utilisation,
        _with(points.rows.coefficients, values, POWER_NAMES),
    )


def _with(coefficients: Coefficients, values: Mapping[str, float], names: Sequence[str]) -> Coefficients:
    changed = {name: np.asarray(values[name]) for name in names}
    return replace(coefficients, **changed)


def _at_measured_speed(step: StepTime, measured_s: Array) -> StepTime:
    """Utilisations at the measured step: power is fitted on what ran, not on what the fit says ran."""
    ratio = step.total_s / measured_s
    return replace(
        step,
        memory_bandwidth_utilisation=step.memory_bandwidth_utilisation * ratio,
        compute_utilisation=step.compute_utilisation * ratio,
    )


def maximum_posterior(model: Callable[[Array], Array], observed: Array, priors: Sequence[Prior], used: Flags) -> Array:
    """Fit coefficients by Levenberg-Marquardt over their logarithms, residuals of data and priors squared.

    Args:
        model: Coefficients, shape (coefficients,) -> predictions, shape (points,).
        observed: What was measured, shape (points,).
        priors: Belief in each coefficient.
        used: Points to fit on, shape (points,).

    Returns:
        The coefficients, shape (coefficients,).
    """
    centre = np.log([prior.value for prior in priors])
    spread = np.array([prior.spread for prior in priors])

    def residuals(point: Array) -> Array:
        ratio = np.log(model(np.exp(point))[used] / observed[used])
        return np.concatenate([_cauchy(ratio) / _NOISE, (point - centre) / spread])

    point, damping = centre, 1e-2
    residual = residuals(point)
    for _ in range(_MAX_STEPS):
        slopes = [(residuals(point + _DIFFERENCE * unit) - residual) / _DIFFERENCE for unit in np.eye(point.size)]
        jacobian = np.stack(slopes, axis=1)
        curvature = jacobian.T @ jacobian
        damped = curvature + damping * np.diag(np.diag(curvature))
        trial = point - np.linalg.solve(damped, jacobian.T @ residual)
        trial_residual = residuals(trial)
        better = trial_residual @ trial_residual < residual @ residual
        damping = damping / 5.0 if better else damping * 4.0
        if better:
            point, residual = trial, trial_residual
    return np.asarray(np.exp(point))


def _cauchy(residual: Array) -> Array:
    """Square root of the Cauchy loss, signed: logarithmic beyond the scale once squared."""
    return np.asarray(np.sign(residual) * _CAUCHY * np.sqrt(np.log1p((residual / _CAUCHY) ** 2)))
