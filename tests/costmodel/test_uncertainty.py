import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.sampling import standard_draws
from costmodel.uncertainty import Z_HIGH, Assumption, assumption_draws, spread
from tests.costmodel.options import seed_assumptions

AT_P5_P50_P95 = np.array([-Z_HIGH, 0.0, Z_HIGH])


@given(st.floats(0.01, 1e6), st.floats(0.1, 1.0), st.floats(1.0, 10.0))
def test_low_value_and_high_are_p5_p50_and_p95(value: float, below: float, above: float) -> None:
    low, high = value * below, value * above
    drawn = spread(*(np.array([[x]]) for x in (value, low, high)), AT_P5_P50_P95)
    expected = [value] if low == value == high else [low, value, high]
    assert drawn[0] == pytest.approx(expected)


def test_a_low_of_zero_draws_no_negative_figure() -> None:
    drawn = spread(np.array([0.1]), np.array([0.0]), np.array([0.3]), standard_draws("any", 2048))
    assert drawn.min() == 0
    assert np.median(drawn) == pytest.approx(0.1, abs=1e-3)
    at_p95 = spread(np.array([0.1]), np.array([0.0]), np.array([0.3]), AT_P5_P50_P95)
    assert at_p95[-1] == pytest.approx(0.3)


def test_rows_with_and_without_a_positive_low_share_a_batch() -> None:
    value, low, high = np.array([[2.0], [2.0]]), np.array([[1.0], [0.0]]), np.array([[4.0], [4.0]])
    drawn = spread(value, low, high, AT_P5_P50_P95)
    np.testing.assert_allclose(drawn, [[1, 2, 4], [0, 2, 4]])


def test_an_exact_figure_is_not_drawn() -> None:
    exact = Assumption(5.0, 5.0, 5.0, "year", "contract", "2026")
    assert assumption_draws("any", exact, 256).tolist() == [5.0]


def test_a_share_stays_a_share() -> None:
    share = Assumption(0.95, 0.5, 0.99, "share", "measured", "2026")
    assert assumption_draws("any", share, 2048).max() == 1


@pytest.mark.parametrize(("low", "value", "high"), [(2, 1, 3), (0, 2, 1), (0, float("nan"), 1)])
def test_an_interval_that_does_not_hold_its_value_is_refused(low: float, value: float, high: float) -> None:
    with pytest.raises(ValueError, match="low <= value <= high"):
        Assumption(value, low, high, "1", "a page", "2026")


# The first that fits a name gives its unit.
UNIT_OF_NAME = (
    ("_usd_per_gb", "usd/GB"),
    ("_usd_per_kw_month", "usd/kW-month"),
    ("_usd_per_kw", "usd/kW"),
    ("_usd_per_accelerator_hour", "usd/hour"),
    ("_mwh_per_year", "MWh/year"),
    ("_year", "usd/year"),
    ("_years", "year"),
    ("_days", "day"),
    ("_h", "h"),
    ("_gb", "GB"),
    ("bytes_per_token", "B"),
    ("_ratio", "ratio"),
)


def test_every_seed_assumption_has_unit_source_and_date() -> None:
    for name, assumption in seed_assumptions().items():
        unit = next((unit for suffix, unit in UNIT_OF_NAME if name.endswith(suffix)), "1")
        assert assumption.unit.replace("share", "ratio") == unit, name
        assert assumption.source, name
        assert assumption.as_of >= "2018", name
