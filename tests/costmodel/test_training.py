"""Training runs beside published ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.training import (
    TrainingEfficiency,
    accelerator_hours,
    amortised_usd_per_day,
    train,
    training_flop,
    training_usd,
)

H100_TFLOPS = 989.0
FINAL_RUN_ONLY = 0.0


def test_gpt_3_training_flop() -> None:
    assert float(training_flop(175e9, 300e9)) == pytest.approx(3.14e23, rel=0.01)


def test_lora_spares_the_gradients_of_frozen_weights() -> None:
    assert training_flop(70e9, 1e9, lora=True) / training_flop(70e9, 1e9) == pytest.approx(4 / 6)


def test_deepseek_v3_hours_from_its_mfu() -> None:
    # 14.8 T tokens, 37 B active: 34.3 % of the 16-bit peak, 2.664 M hours of pretraining (technical report)
    efficiency = TrainingEfficiency(mfu_ratio=0.343, goodput_ratio=1.0, experiments_ratio=FINAL_RUN_ONLY)
    hours = accelerator_hours(training_flop(37e9, 14.8e12), H100_TFLOPS, efficiency)
    assert float(hours) == pytest.approx(2.664e6, rel=0.02)
    assert float(training_usd(hours, 2.0)) == pytest.approx(5.33e6, rel=0.02)


def test_llama_405b_hours_from_step_mfu_and_goodput() -> None:
    # 38-43 % while steps run, .85 of billed hours: 30.84 M hours for 15.6 T tokens (model card)
    efficiency = TrainingEfficiency(mfu_ratio=0.405, goodput_ratio=0.85, experiments_ratio=FINAL_RUN_ONLY)
    hours = accelerator_hours(training_flop(405.85e9, 15.6e12), H100_TFLOPS, efficiency)
    assert float(hours) == pytest.approx(30.84e6, rel=0.03)


def test_a_run_in_days_energy_and_money() -> None:
    efficiency = TrainingEfficiency(mfu_ratio=0.4, goodput_ratio=0.9, experiments_ratio=0.5)
    run = train(3.6e20, 64.0, 1000.0, 1000.0, 1.2, efficiency)
    hours = 3.6e20 * 1.5 / (1000e12 * 0.4 * 0.9) / 3600
    assert float(run.accelerator_hours) == pytest.approx(hours)
    assert float(run.days) == pytest.approx(hours / 64 / 24)
    assert float(run.energy_kwh) == pytest.approx(hours * 1.2)
    assert float(amortised_usd_per_day(training_usd(run.accelerator_hours, 3.0), 2.0)) == pytest.approx(hours * 3 / 730)


def test_prices_of_options_are_rows() -> None:
    usd = training_usd(1000.0, np.array([2.0, 6.88]))
    assert usd.tolist() == [2000.0, 6880.0]


@given(share=st.floats(0.0, 1.0))
def test_experiments_add_their_share(share: float) -> None:
    alone, more = (TrainingEfficiency(0.4, 0.9, ratio) for ratio in (0.0, share))
    ratio = accelerator_hours(1e24, 989.0, more) / accelerator_hours(1e24, 989.0, alone)
    assert float(ratio) == pytest.approx(1.0 + share)
