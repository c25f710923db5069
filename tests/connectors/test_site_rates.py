from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from connectors.site_rates import rates_of_rules

RULE = st.fixed_dictionaries(
    {"per_kwh": st.sampled_from([0.0, 0.05, 0.1, 0.3])},
    optional={
        "months": st.lists(st.integers(1, 12), unique=True),
        "hours": st.tuples(st.integers(0, 23), st.integers(0, 24)).filter(lambda hours: hours[0] != hours[1]),
        "days": st.sampled_from(["weekday", "weekend"]),
    },
)


@given(st.lists(RULE, max_size=5), st.sampled_from([0.05, 0.1]))
def test_mean_lies_between_the_cheapest_and_the_dearest_rule(rules: list[dict], base: float) -> None:
    site = {"name": "n", "currency": "EUR", "valid_from": "2026-01-01", "energy": [{"per_kwh": base}, *rules]}
    prices = [rule["per_kwh"] for rule in site["energy"]]
    assert min(prices) - 1e-12 <= float(rates_of_rules(site).energy_per_kwh()) <= max(prices) + 1e-12


def test_one_price_all_year_is_that_price() -> None:
    site = {"name": "n", "currency": "EUR", "valid_from": "2026-01-01", "energy": [{"per_kwh": 0.15}]}
    assert round(rates_of_rules(site).energy_per_kwh(), 12) == round(rates_of_rules(site).weekday[0][0], 12)


def test_a_night_is_its_two_ends() -> None:
    site = {"name": "n", "currency": "EUR", "valid_from": "2026-01-01"}
    ends = [{"per_kwh": 0.05, "hours": [22, 24]}, {"per_kwh": 0.05, "hours": [0, 6]}]
    night = rates_of_rules(site | {"energy": [{"per_kwh": 0.2}, {"per_kwh": 0.05, "hours": [22, 6]}]})
    assert round(night.energy_per_kwh(), 10) == Decimal("0.15")
    assert night.weekday == rates_of_rules(site | {"energy": [{"per_kwh": 0.2}, *ends]}).weekday
