import numpy as np
import pytest

from costmodel.merit_order import marginal_usd_per_accelerator_hour, merit_order, shutdown_usd_per_kwh


def test_marginal_cost_of_a_dgx_h100_in_virginia() -> None:
    # 7.14 kW, PUE 1.3, .1047 USD/kWh over 8 accelerators
    usd = marginal_usd_per_accelerator_hour(*(np.array([x]) for x in (7140.0, 8.0, 1.3, 0.1047)))
    assert usd.item() == pytest.approx(0.1215, rel=1e-3)


def test_hourly_tariffs_give_hourly_cost() -> None:
    tariffs = np.linspace(-0.02, 0.2, 24)[None, :]
    usd = marginal_usd_per_accelerator_hour(*(np.array([[x]]) for x in (7140.0, 8.0, 1.3)), tariffs)
    assert usd.shape == (1, 24)
    assert usd[0, 0] < 0 < usd[0, -1]


def test_at_the_shutdown_price_running_equals_renting() -> None:
    rent, load, count, pue = (np.array([x]) for x in (1.2, 7140.0, 8.0, 1.3))
    tariff = shutdown_usd_per_kwh(rent, load, count, pue)
    assert marginal_usd_per_accelerator_hour(load, count, pue, tariff) == pytest.approx(rent)


def test_cheapest_zone_runs_first_and_dear_ones_not_at_all() -> None:
    found = merit_order(np.array([0.3, 0.1, np.nan, 1.5]), rent_usd=1.2)
    np.testing.assert_array_equal(found["merit_rank"], [2, 1, np.nan, 3])
    np.testing.assert_allclose(found["margin_usd_per_hour"], [0.9, 1.1, np.nan, -0.3])
    np.testing.assert_array_equal(found["runs"], [1, 1, np.nan, 0])
