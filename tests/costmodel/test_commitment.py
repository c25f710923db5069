import numpy as np
import pytest

from costmodel.commitment import commitment
from costmodel.evaluate import evaluate
from tests.costmodel.options import CLOUD, DAY, FLAT, FP8, columns, exact_assumptions, option


def committed(price: float, profile: np.ndarray = DAY, **values: float) -> dict[str, float]:
    row = option(CLOUD, FP8, usd_per_hour=price, on_demand_usd_per_hour=98.32)
    row["peak_to_average_ratio"] = np.nan
    found = commitment(columns([row], profile), exact_assumptions(**values))
    return {name: figure.item() for name, figure in found.items()}


def test_commitment_is_what_a_mix_row_pays() -> None:
    mixed = option(CLOUD, FP8, billing="mix", usd_per_hour=62.9, on_demand_usd_per_hour=98.32)
    row = evaluate(columns([mixed]), exact_assumptions(), draws=0)
    found = commitment(columns([mixed]), exact_assumptions())
    assert found["usd_per_day"] == pytest.approx(row["rental_usd"])
    assert found["committed_nodes"] == row["committed_nodes"]


def test_a_commitment_saves_against_both_extremes() -> None:
    found = committed(62.9)
    assert found["usd_per_day"] < min(found["all_committed_usd_per_day"], found["on_demand_usd_per_day"])
    assert found["saving_ratio"] == pytest.approx(1 - found["usd_per_day"] / found["on_demand_usd_per_day"])
    assert found["break_even_utilisation_ratio"] == pytest.approx(62.9 / 98.32)
    # every committed node is needed in more than 64 % of the hours
    assert 62.9 / 98.32 < found["commitment_utilisation_ratio"] <= 1
    assert 0 < found["coverage_ratio"] < 1


def test_a_flat_need_is_committed_whole() -> None:
    found = committed(62.9, FLAT)
    assert found["coverage_ratio"] == found["commitment_utilisation_ratio"] == 1
    assert found["saving_ratio"] == pytest.approx(1 - 62.9 / 98.32)
    assert found["price_fall_ratio"] == pytest.approx(1 - 62.9 / 98.32)


def test_the_price_fall_erases_the_saving() -> None:
    found = committed(62.9, warm_up_h=0.0)
    fallen = 98.32 * (1 - found["price_fall_ratio"])
    spent = 24 * 62.9 * found["committed_nodes"]
    assert spent == pytest.approx(24 * found["committed_nodes"] * found["commitment_utilisation_ratio"] * fallen)


def test_no_discount_commits_nothing() -> None:
    found = committed(99.0)
    assert found["committed_nodes"] == found["saving_ratio"] == found["coverage_ratio"] == 0
    assert np.isnan(found["commitment_utilisation_ratio"])
    assert np.isnan(found["price_fall_ratio"])
