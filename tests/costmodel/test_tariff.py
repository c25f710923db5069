"""Electricity bills as recorded elsewhere, by the formulas that bill a site."""

import numpy as np
import pytest

from costmodel.money import energy_usd
from costmodel.quantities import DAYS_PER_YEAR, kwh_per_day
from costmodel.tariff import band_at

PGE_ENERGY, PGE_DEMAND = 0.1185, 390.52 / 12  # PG&E B-19 secondary, 2020, constant load


def usd_per_kwh(load_factor: float, demand_usd_per_kw_month: float) -> float:
    """Whole price of a day's energy of a site with a peak of one kW."""
    kwh = np.array(24 * load_factor)
    usd = energy_usd(kwh, np.array(PGE_ENERGY), np.array(1.0), np.array(demand_usd_per_kw_month))
    return float(usd / kwh)


@pytest.mark.parametrize(("load_factor", "demand"), [(1.0, 0.0446), (0.7, 0.0637)])
def test_recorded_demand_charge_per_kwh(load_factor: float, demand: float) -> None:
    assert usd_per_kwh(load_factor, PGE_DEMAND) - PGE_ENERGY == pytest.approx(demand, abs=5e-5)


def test_demand_is_27_percent_of_the_recorded_bill() -> None:
    assert 1 - PGE_ENERGY / usd_per_kwh(1.0, PGE_DEMAND) == pytest.approx(0.27, abs=0.005)


def test_average_that_contains_demand_is_not_charged_twice() -> None:
    assert usd_per_kwh(0.5, 0.0) == pytest.approx(PGE_ENERGY)


def test_one_megawatt_uses_eleven_gigawatt_hours() -> None:
    assert kwh_per_day(np.array(1000.0 * 24), np.array(1.3)) * DAYS_PER_YEAR / 1e3 == pytest.approx(11_388)


def test_published_bill_of_twenty_megawatts() -> None:
    # Cushman & Wakefield, 2024-11: 20 MW at PUE 1.5 and 11.5 US cents are 30.2 M USD a year
    kwh = kwh_per_day(np.array(20_000.0 * 24), np.array(1.5)) * DAYS_PER_YEAR
    assert kwh * 0.115 == pytest.approx(30.2e6, rel=0.002)


def test_a_site_pays_the_band_that_its_use_reaches() -> None:
    # bands from 20, 500 and 2,000 MWh a year; below the first one its price holds too
    use = [0.0, 19.9, 20.0, 499.9, 500.0, 2000.0, 1e6]
    assert band_at([20.0, 500.0, 2000.0], use).tolist() == [0, 0, 0, 0, 1, 2, 2]
