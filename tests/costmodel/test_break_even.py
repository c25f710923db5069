import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.break_even import (
    CostLine,
    break_even_requests,
    break_even_tokens,
    break_even_utilisation_ratio,
    cost_line,
    crossing,
    scale_curve,
)
from costmodel.evaluate import evaluate
from tests.costmodel.options import BEDROCK, CLOUD, DGX_H100, FP8, columns, exact_assumptions, option

ONE = np.ones(1)


def line(fixed: float, slope: float) -> CostLine:
    return CostLine(fixed * ONE, slope * ONE)


@given(st.floats(10, 1e5), st.floats(0.01, 1), st.floats(1.1, 100))
def test_closed_form_and_root_finding_agree(fixed: float, slope: float, factor: float) -> None:
    buy, call = line(fixed, slope), line(0, slope * factor)
    closed = break_even_tokens(buy, call)
    found = crossing(lambda tokens: buy.at(tokens) - call.at(tokens), 1e-3 * closed, 1e3 * closed)
    np.testing.assert_allclose(found, closed, rtol=1e-6)


@pytest.mark.parametrize("other", [line(0, 0.5), line(0, 0.3), line(200, 0.7)])
def test_lines_that_never_cross_have_no_break_even(other: CostLine) -> None:
    assert np.isnan(break_even_tokens(line(100, 0.5), other)).all()


def test_no_sign_change_is_no_crossing() -> None:
    assert np.isnan(crossing(lambda volume: volume + 1, ONE, 1e6 * ONE)).all()


def test_lines_of_the_worked_case() -> None:
    rows = columns([option(DGX_H100, FP8), option(BEDROCK)])
    result = evaluate(rows, exact_assumptions(), draws=0)
    lines = cost_line(rows, result, np.array([1.6, 1.6]))
    tokens = 10e6 * (1154.7 + 211.1)
    # 9.75 nodes instead of 10 at the peak: below the whole-node cost, by less than one node
    node_usd = (result["usd_per_day"][0] - result["staff_usd"][0]) / 11
    assert lines.at(tokens * ONE)[0] == pytest.approx(result["usd_per_day"][0] - 0.25 * node_usd, rel=1e-3)
    assert lines.fixed_usd_per_day.tolist() == [pytest.approx(result["staff_usd"][0] + node_usd, rel=1e-3), 0]
    assert lines.usd_per_million_tokens[1] == pytest.approx(0.72)


def test_whole_nodes_turn_near_the_straight_lines() -> None:
    rows = columns([option(DGX_H100, FP8), option(BEDROCK)])
    buy, call = ({name: values[[i]] for name, values in rows.items()} for i in (0, 1))
    lines = cost_line(rows, evaluate(rows, exact_assumptions(), draws=0), np.array([1.6, 1.6]))
    first, second = (CostLine(lines.fixed_usd_per_day[[i]], lines.usd_per_million_tokens[[i]]) for i in (0, 1))
    straight = break_even_tokens(first, second) / (1154.7 + 211.1)
    whole = break_even_requests(buy, call, exact_assumptions())
    assert whole == pytest.approx(straight, rel=0.2)
    at = {**rows, "requests_per_day": np.repeat(whole, 2) * [1.001, 1.001]}
    above = evaluate(at, exact_assumptions(), draws=0)["usd_per_day"]
    assert above[0] == pytest.approx(above[1], rel=0.2)


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
