from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.break_even import (
    CostLine,
    Lines,
    at_scale,
    break_even_requests,
    break_even_tokens,
    break_even_utilisation_ratio,
    cost_lines,
    crossing,
    scale_curve,
)
from costmodel.evaluate import evaluate
from tests.costmodel.options import BEDROCK, BF16, CLOUD, DGX_H100, FP8, columns, exact_assumptions, option

ONE = np.ones(1)
TOKENS_PER_REQUEST = 1154.7 + 211.1
USD_PER_OPERATOR_DAY = 250_000 / 365


def line(fixed: float, slope: float) -> CostLine:
    return CostLine(fixed * ONE, slope * ONE)


def lines_of(*options: dict[str, Any]) -> Lines:
    rows = columns(options)
    return cost_lines(rows, at_scale(rows, exact_assumptions()), exact_assumptions())


@given(st.floats(10, 1e5), st.floats(0.01, 1), st.floats(1.1, 100))
def test_closed_form_and_root_finding_agree(fixed: float, slope: float, factor: float) -> None:
    buy, call = line(fixed, slope), line(0, slope * factor)
    closed = break_even_tokens([buy], [call])
    found = crossing(lambda tokens: buy.at(tokens) - call.at(tokens), 1e-3 * closed, 1e3 * closed)
    np.testing.assert_allclose(found, closed, rtol=1e-6)


@pytest.mark.parametrize("other", [line(0, 0.5), line(0, 0.3), line(200, 0.7)])
def test_lines_that_never_cross_have_no_break_even(other: CostLine) -> None:
    assert np.isnan(break_even_tokens([line(100, 0.5)], [other])).all()


@pytest.mark.parametrize(
    ("price", "millions"),
    [
        (0.90, 250),  # 100 / (0.9 - 0.5), while the floor suffices
        (0.82, 500),  # 10 / (0.82 - 0.8): at 312.5, where the first line would cross, the second is the cost
        (0.70, np.nan),  # the first line would cross at 500, where the cost is the second
    ],
)
def test_a_cost_crosses_on_the_line_that_is_the_highest_there(price: float, millions: float) -> None:
    bent = [line(100, 0.5), line(10, 0.8)]  # they meet at 300 million tokens
    for found in (break_even_tokens(bent, [line(0, price)]), break_even_tokens([line(0, price)], bent)):
        assert found == pytest.approx(millions * 1e6, nan_ok=True)


def test_no_sign_change_is_no_crossing() -> None:
    assert np.isnan(crossing(lambda volume: volume + 1, ONE, 1e6 * ONE)).all()


@pytest.mark.parametrize("requests_per_day", [1e4, 10e6, 1e9])  # a fleet of 2 nodes, of 11, and of 976
def test_lines_of_the_worked_case_are_those_of_any_volume(requests_per_day: float) -> None:
    # per node and day: rent, and (100 + 2 x 141) GB of disk; 9.75 nodes serve 10 M requests; a token is 210 bytes
    node_usd = 24 * 55.04 + 382 * 0.08 * 12 / 365
    nodes = 9.75 / (10 * TOKENS_PER_REQUEST)
    network_usd = 211.1 / TOKENS_PER_REQUEST * 210e6 / 1e9 * 0.09
    floor, ratio = lines_of(option(CLOUD, FP8, requests_per_day=requests_per_day))
    assert floor.fixed_usd_per_day == pytest.approx(0.25 * USD_PER_OPERATOR_DAY + node_usd)
    assert floor.usd_per_million_tokens == pytest.approx(nodes * node_usd + network_usd)
    # 500 nodes an operator: 1.37 USD on each node, the spare one too
    assert ratio.fixed_usd_per_day == pytest.approx(node_usd + USD_PER_OPERATOR_DAY / 500)
    assert ratio.usd_per_million_tokens == pytest.approx(nodes * (node_usd + USD_PER_OPERATOR_DAY / 500) + network_usd)


def test_an_api_has_no_fixed_cost() -> None:
    for api in lines_of(option(BEDROCK)):
        assert (api.fixed_usd_per_day, api.usd_per_million_tokens) == (0, pytest.approx(0.72))


@pytest.mark.parametrize(
    ("machine", "api_usd_per_million"),
    [
        (option(DGX_H100, FP8), 0.72),
        (option(DGX_H100, FP8, requests_per_day=1e9), 0.3),
        (option(CLOUD, FP8), 1.2),
        (option(CLOUD, FP8, requests_per_day=1e9), 5.0),
        (option(CLOUD, FP8, billing="autoscaled", spare_nodes=0.0), 0.72),
        (option(CLOUD, BF16, billing="mix", usd_per_hour=35.0), 1.2),
    ],
)
def test_straight_lines_lie_below_whole_nodes_and_turn_before_them(
    machine: dict[str, Any], api_usd_per_million: float
) -> None:
    price = dict.fromkeys(("usd_per_million_input_tokens", "usd_per_million_output_tokens"), api_usd_per_million)
    own, api = columns([machine]), columns([option(BEDROCK, **price)])
    lines = lines_of(machine)
    curve = scale_curve(own, exact_assumptions())
    straight = np.max([line.at(curve["requests_per_day"] * TOKENS_PER_REQUEST) for line in lines], axis=0)
    assert np.all(straight <= curve["usd_per_day"] * (1 + 1e-6))
    assert straight[-1] == pytest.approx(curve["usd_per_day"][-1], rel=5e-3)
    tokens = break_even_requests(own, api, exact_assumptions()) * TOKENS_PER_REQUEST
    assert break_even_tokens(lines, lines_of(option(BEDROCK, **price))) <= tokens


def test_staff_of_a_large_fleet_leaves_the_break_even_where_it_is() -> None:
    # 1,951 nodes and 3.9 operators today; at the break-even a quarter of one, a spare node, and 0.26 busy ones
    machine, price = option(CLOUD, FP8, requests_per_day=2e9), 5.0
    found = break_even_tokens(lines_of(machine), [line(0, price)])
    fixed, slope = 171.23 + 1321.96, 0.9466
    assert found == pytest.approx(fixed / (price - slope) * 1e6, rel=1e-4)


def test_utilisation_at_which_owning_equals_renting() -> None:
    # 363 USD per node and day against 55.04 USD/hour: 6.6 hours a day
    assert break_even_utilisation_ratio(363 * ONE, 55.04 * ONE) * 24 == pytest.approx(6.6, rel=1e-2)


def test_scale_curve_falls_to_the_price_of_full_nodes() -> None:
    rows = columns([option(CLOUD, FP8), option(BEDROCK)])
    curve = scale_curve(rows, exact_assumptions(), np.array([1e3, 1e6, 1e9]))
    assert curve["row"].tolist() == [0, 0, 0, 1, 1, 1]
    assert curve["requests_per_day"].tolist() == [1e3, 1e6, 1e9] * 2
    cloud, api = curve["usd_per_million_tokens"].reshape(2, 3)
    assert np.all(np.diff(cloud) < 0)
    assert api == pytest.approx(0.72)
    alone = evaluate(rows | {"requests_per_day": np.full(2, 1e6)}, exact_assumptions(), draws=0)
    assert curve["usd_per_day"][1] == alone["usd_per_day"][0]
