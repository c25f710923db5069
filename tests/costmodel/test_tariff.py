import numpy as np
import pytest

from costmodel.tariff import demand_usd_per_kwh, site_mwh_per_year

PGE_ENERGY, PGE_DEMAND = 0.1185, 390.52 / 12  # PG&E B-19 secondary, 2020, constant load


@pytest.mark.parametrize(("load_factor", "demand"), [(1.0, 0.0446), (0.7, 0.0637)])
def test_recorded_demand_charge_per_kwh(load_factor: float, demand: float) -> None:
    assert demand_usd_per_kwh(PGE_DEMAND, load_factor) == pytest.approx(demand, abs=5e-5)


def test_demand_is_27_percent_of_the_recorded_bill() -> None:
    demand = demand_usd_per_kwh(PGE_DEMAND, 1.0)
    assert demand / (PGE_ENERGY + demand) == pytest.approx(0.27, abs=0.005)


def test_average_that_contains_demand_is_not_charged_twice() -> None:
    assert demand_usd_per_kwh([np.nan, PGE_DEMAND], 0.5) == pytest.approx([0, 390.52 / 4380])


@pytest.mark.parametrize("load_factor", [0.0, -0.1, 1.01])
def test_load_factor_is_mean_over_peak(load_factor: float) -> None:
    with pytest.raises(ValueError, match="load factor"):
        demand_usd_per_kwh(10.0, load_factor)


def test_one_megawatt_uses_eleven_gigawatt_hours() -> None:
    assert site_mwh_per_year(1000.0, 1.3) == pytest.approx(11_388)


def test_published_bill_of_twenty_megawatts() -> None:
    # Cushman & Wakefield, 2024-11: 20 MW at PUE 1.5 and 11.5 US cents are 30.2 M USD a year
    assert site_mwh_per_year(20_000.0, 1.5) * 1000 * 0.115 == pytest.approx(30.2e6, rel=0.002)
