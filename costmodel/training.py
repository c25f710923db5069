"""Training and fine-tuning: FLOP, accelerator hours, days, energy and money.

FLOP = 6 N D: two per weight and token forward, four backward (Kaplan 2020). LoRA computes no gradients of frozen
weights: 4 N D. N are the parameters active per token, D the tokens seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from costmodel.types import Array, Numbers

FULL_FLOP_PER_PARAM_TOKEN = 6.0
LORA_FLOP_PER_PARAM_TOKEN = 4.0

_TERA = 1e12
_SECONDS_PER_HOUR, _HOURS_PER_DAY, _DAYS_PER_YEAR = 3600.0, 24.0, 365.0


@dataclass(frozen=True, slots=True)
class TrainingEfficiency:
    """How far real training falls short of the peak.

    Attributes:
        mfu_ratio: Model FLOP per second over the dense peak while steps run [ratio].
        goodput_ratio: Share of billed hours in which steps that count run: the rest is restarts, checkpoints, idle
            allocation [ratio].
        experiments_ratio: Compute of experiments and failed runs over the final run's [ratio].
    """

    mfu_ratio: Numbers
    goodput_ratio: Numbers
    experiments_ratio: Numbers


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """One training run with its experiments; scalars or arrays of shape (rows,).

    Attributes:
        flop: FLOP of the final run.
        accelerator_hours: Billed accelerator hours, experiments included [h].
        days: Time on the given accelerators [day].
        energy_kwh: Energy at the meter of the facility [kWh].
    """

    flop: Array
    accelerator_hours: Array
    days: Array
    energy_kwh: Array


def training_flop(active_params: Numbers, tokens: Numbers, *, lora: bool = False) -> Array:
    """FLOP to train ``active_params`` parameters on ``tokens`` tokens."""
    per_param_token = LORA_FLOP_PER_PARAM_TOKEN if lora else FULL_FLOP_PER_PARAM_TOKEN
    return np.asarray(per_param_token * np.asarray(active_params) * tokens)


def accelerator_hours(flop: Numbers, dense_tflops: Numbers, efficiency: TrainingEfficiency) -> Array:
    """Billed accelerator hours for ``flop``, experiments included [h].

    Args:
        flop: FLOP of the final run.
        dense_tflops: Dense peak of one accelerator at the training precision [TFLOPS].
        efficiency: How far training falls short of it.
    """
    rate = np.asarray(dense_tflops) * _TERA * efficiency.mfu_ratio * efficiency.goodput_ratio
    return np.asarray(flop * (1.0 + np.asarray(efficiency.experiments_ratio)) / rate / _SECONDS_PER_HOUR)


def train(
    flop: Numbers,
    accelerators: Numbers,
    dense_tflops: Numbers,
    accelerator_share_w: Numbers,
    pue_ratio: Numbers,
    efficiency: TrainingEfficiency,
) -> TrainingRun:
    """Size a run.

    Args:
        flop: FLOP of the final run, as ``training_flop`` gives.
        accelerators: Accelerators used at once.
        dense_tflops: Dense peak of one accelerator at the training precision [TFLOPS].
        accelerator_share_w: Wall power of one accelerator with its share of the server [W].
        pue_ratio: Energy of the facility over that of its servers [ratio].
        efficiency: How far training falls short of the peak.
    """
    hours = accelerator_hours(flop, dense_tflops, efficiency)
    return TrainingRun(
        flop=np.asarray(flop, dtype=np.float64),
        accelerator_hours=hours,
        days=np.asarray(hours / accelerators / _HOURS_PER_DAY),
        energy_kwh=np.asarray(hours * accelerator_share_w * pue_ratio / 1000.0),
    )


def training_usd(hours: Numbers, usd_per_accelerator_hour: Numbers) -> Array:
    """Price of accelerator hours [USD]."""
    return np.asarray(hours * np.asarray(usd_per_accelerator_hour))


def amortised_usd_per_day(usd: Numbers, life_years: Numbers) -> Array:
    """Cost of a day of the model's life [USD/day]."""
    return np.asarray(usd / (np.asarray(life_years) * _DAYS_PER_YEAR))
