"""Each component against a figure worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel import money
from costmodel.columns import INPUTS
from costmodel.cost_classes import COST_CLASS
from costmodel.demand import Fleet
from costmodel.money import COMPONENTS
from costmodel.quantities import (
    FUNCTIONS,
    Quantities,
    capital_usd_per_node,
    committed_usd_per_hour,
    it_kwh_per_day,
    it_peak_kw,
    parameters,
    recovery_per_day,
)
from tests.costmodel.options import seed_assumptions


def array(x: float) -> np.ndarray:
    return np.array([[x]])


def test_recovery_without_interest_is_straight_line() -> None:
    assert recovery_per_day(array(0.0), array(5.0)).item() == pytest.approx(1 / 1825)


@pytest.mark.parametrize("years", [1.0, 3.0, 5.0])
def test_recovery_pays_back_its_present_value(years: float) -> None:
    daily = recovery_per_day(array(0.1), array(years)).item()
    days = np.arange(1, 365 * years + 1)
    assert (daily / 1.1 ** (days / 365)).sum() == pytest.approx(1)


def test_recovery_lies_below_the_yearly_annuity() -> None:
    yearly = 0.1 / (1 - 1.1**-5) / 365
    assert recovery_per_day(array(0.1), array(5.0)).item() == pytest.approx(yearly, rel=0.05)


def price(**changes: float) -> float:
    given_values = {
        "usd_per_hour": 10.0,
        "upfront_usd": 0.0,
        "term_hours": 0.0,
        "cost_of_capital_ratio": 0.1,
        "is_spot": 0.0,
        "on_demand_usd_per_hour": 30.0,
        "spot_share_ratio": 0.9,
        "spot_reload_ratio": 0.05,
    } | changes
    return committed_usd_per_hour(**{name: array(x) for name, x in given_values.items()}).item()


def test_without_a_prepayment_the_price_is_the_price() -> None:
    assert price() == 10


def test_an_all_upfront_year_costs_half_a_years_interest() -> None:
    assert price(upfront_usd=87600.0, term_hours=8760.0) == pytest.approx(10 * 1.0485, rel=1e-3)


@pytest.mark.parametrize("days", [1, 7])
def test_a_capacity_block_is_financed_over_its_days(days: int) -> None:
    present_value = (1.1 ** (-np.arange(1, days + 1) / 365)).sum()  # of one USD on each of its days
    usd = price(upfront_usd=240.0 * days, term_hours=24.0 * days)
    assert usd == pytest.approx(10 * days / present_value, rel=1e-9)
    assert 10.002 < usd < 10.011


def test_without_cost_of_capital_an_upfront_changes_nothing() -> None:
    assert price(upfront_usd=50000.0, term_hours=26280.0, cost_of_capital_ratio=0.0) == pytest.approx(10)


def test_spot_pays_reloads_and_its_fallback() -> None:
    assert price(is_spot=1.0) == pytest.approx(0.9 * 10 * 1.05 + 0.1 * 30)


def test_spot_without_a_known_fallback_is_unknown() -> None:
    assert np.isnan(price(is_spot=1.0, on_demand_usd_per_hour=np.nan))


def test_power_rises_from_idle_to_load() -> None:
    def kwh(busy_hours: float, loaded_hours: float = 24) -> float:
        return it_kwh_per_day(*(array(x) for x in (24, loaded_hours, busy_hours, 2000, 7000, 0.8, 1))).item()

    assert kwh(24) == pytest.approx(24 * 7)
    assert kwh(12) == pytest.approx(24 * (2 + 5 * 0.9))
    assert kwh(0) == pytest.approx(24 * (2 + 5 * 0.8))
    assert kwh(6, loaded_hours=12) == pytest.approx(24 * (2 + 5 * (0.8 * 0.5 + 0.2 * 0.25))), "half is without engines"
    assert kwh(0, loaded_hours=0) == pytest.approx(24 * 2)


def test_power_above_the_modelled_is_in_the_energy_and_in_the_peak() -> None:
    assert it_kwh_per_day(*(array(x) for x in (24, 24, 24, 2000, 7000, 0.8, 1.15))).item() == pytest.approx(193.2)
    assert it_peak_kw(*(array(x) for x in (2, 2, 2000, 7140, 1.15))).item() == pytest.approx(16.422)


def test_the_peak_of_nodes_without_engines_is_their_idle_power() -> None:
    assert it_peak_kw(*(array(x) for x in (3, 1.25, 2000, 7000, 1))).item() == pytest.approx(6 + 1.25 * 5)


def test_interconnect_is_a_share_of_the_whole() -> None:
    assert capital_usd_per_node(array(270e3), array(0.19)).item() == pytest.approx(333_333, rel=1e-5)


# One DGX H100 and day of the worked case: capital 241 by a yearly annuity, energy 17.9, cooling 5.4, colocation 61.7,
# maintenance 37 USD; two operators 1,370 USD in all.
ONE_NODE = Quantities(
    {
        "nodes_peak": array(1),
        "server_price_usd": array(270e3),
        "server_max_power_w": array(10200),
        "loaded_nodes_peak": array(1),
        "node_idle_power_w": array(2410),
        "node_load_power_w": array(7140),
        "it_kwh_per_day": array(7.14 * 24),
        "usd_per_kwh": array(0.1047),
        "demand_usd_per_kw_month": array(0),
        "pue_ratio": array(1.3),
        "is_cloud": array(0),
        "is_colocated": array(1),
    }
    | {name: array(given.value) for name, given in seed_assumptions().items()}
)


@pytest.mark.parametrize(
    ("function", "usd"),
    [
        (money.hardware_usd, 230.0),
        (money.energy_usd, 17.94),
        (money.cooling_usd, 5.38),
        (money.facility_usd, 61.72),
        (money.maintenance_usd, 36.99),
        (money.staff_usd, 1369.86),
    ],
)
def test_a_node_day_of_the_worked_case(function: money.Component, usd: float) -> None:
    assert ONE_NODE.call(function).item() == pytest.approx(usd, rel=2e-3)


def test_an_own_building_replaces_the_rent() -> None:
    own = Quantities(ONE_NODE | {"is_colocated": array(0)})
    # 10.2 kW x 11,700 USD/kW, 10 %, 20 years
    assert own.call(money.facility_usd).item() == pytest.approx(36.6, rel=5e-3)


def test_economic_depreciation_takes_capital_cost_and_loss_of_value() -> None:
    switched = Quantities(ONE_NODE | {"economic_depreciation_switch": array(1)})
    assert switched.call(money.hardware_usd).item() == pytest.approx(333_333 * (0.1 + 0.32) / 365, rel=1e-5)


def test_resale_lowers_the_annuity_by_its_present_value() -> None:
    resold = Quantities(ONE_NODE | {"residual_value_ratio": array(0.2)})
    ratio = resold.call(money.hardware_usd).item() / ONE_NODE.call(money.hardware_usd).item()
    assert ratio == pytest.approx(1 - 0.2 / 1.1**5)


def test_a_demand_charge_is_paid_on_peak_power_and_its_cooling() -> None:
    charged = Quantities(ONE_NODE | {"demand_usd_per_kw_month": array(15)})
    extra = 7.14 * 15 * 12 / 365
    assert charged.call(money.energy_usd).item() == pytest.approx(17.94 + extra, rel=1e-3)
    assert charged.call(money.cooling_usd).item() == pytest.approx(0.3 * (17.94 + extra), rel=1e-3)


@pytest.mark.parametrize(("pue", "overhead"), [(0.95, 0.0), (1.0, 0.0), (1.5, 0.5)])
def test_a_pue_below_one_does_not_pay_for_cooling(pue: float, overhead: float) -> None:
    site = Quantities(ONE_NODE | {"pue_ratio": array(pue)})
    assert site.call(money.cooling_usd).item() == pytest.approx(17.94 * overhead, rel=1e-3)


def test_storage_holds_the_system_and_every_copy_of_the_weights() -> None:
    # 240 node-hours are 10 nodes: 10 x (200 + 2 x 141) GB x .08 USD/GB-month = 385.6 USD a month
    usd = money.storage_usd(*(array(x) for x in (240, 141, 2, 200, 0.08)))
    assert usd.item() == pytest.approx(385.6 * 12 / 365)


def test_staff_grows_with_nodes_beyond_the_floor() -> None:
    fleet = Quantities(ONE_NODE | {"nodes_peak": array(2500)})
    assert fleet.call(money.staff_usd).item() == pytest.approx(5 * 250_000 / 365)


def test_licences_are_off_until_switched_on() -> None:
    day = Quantities(ONE_NODE | {"accelerators_per_node": array(8), "node_hours_per_day": array(24)})
    assert day.call(money.software_usd).item() == 0
    licensed = Quantities(day | {"software_switch": array(1)})
    assert licensed.call(money.software_usd).item() == pytest.approx(98.63, rel=1e-3)


@given(st.floats(0, 1), st.floats(0.01, 100))
def test_cached_tokens_without_a_price_cost_as_fresh_ones(hit: float, usd: float) -> None:
    bill = money.tokens_usd(*(array(x) for x in (1e6, 1000, 100, hit, usd, np.nan, usd)))
    assert bill.item() == pytest.approx(1100 * usd)


def test_tokens_by_kind() -> None:
    bill = money.tokens_usd(*(array(x) for x in (1e6, 2000, 1600, 0.3, 0.15, 0.075, 0.6)))
    assert bill.item() == pytest.approx(1400 * 0.15 + 600 * 0.075 + 1600 * 0.6)


def test_every_parameter_has_a_source() -> None:
    columns = {column.name for column in INPUTS}
    switches = {"is_cloud", "is_colocated", "is_mix"}
    known = columns | switches | set(Fleet.__slots__) | set(FUNCTIONS) | set(seed_assumptions())
    for function in (*(component.function for component in COMPONENTS), *FUNCTIONS.values()):
        assert set(parameters(function)) <= known, function.__name__


def test_every_assumption_of_money_is_used() -> None:
    functions = (*(component.function for component in COMPONENTS), *FUNCTIONS.values())
    used = {name for function in functions for name in parameters(function)}
    # training has functions of its own, and tariff bands of sites are chosen in SQL
    elsewhere = ("training_", "cloud_site_", "colocation_site_")
    assert {name for name in seed_assumptions() if not name.startswith(elsewhere)} <= used


def test_component_names_and_classes() -> None:
    assert len({component.name for component in COMPONENTS}) == len(COMPONENTS) == 11
    assert [component.name for component in COMPONENTS] == list(COST_CLASS)
    classes = {"hardware", "software", "labour", "energy", "network", "tokens"}
    assert {component.cost_class for component in COMPONENTS} == classes
