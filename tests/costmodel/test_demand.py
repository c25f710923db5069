import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.demand import NO_COMMITMENT, Fleet, Packing, best_commitment, busy_replicas, fleet, overflow, with_peak
from tests.costmodel.options import DAY, FLAT


def packing(per_node: float = 2, span: float = 1, least: float = 2, spare: float = 1) -> Packing:
    return Packing(*(np.array([[x]]) for x in (0.8, least, per_node, span, spare)))


def day(busy: np.ndarray, committed_load: float, slowness: float = 1.0) -> Fleet:
    return fleet(busy, packing(), np.array([[slowness]]), np.array([[committed_load]]))


@given(st.floats(1.05, 4.0))
def test_a_profile_reaches_the_peak_asked_for(ratio: float) -> None:
    shares = with_peak(DAY[None, :], np.array([ratio]))
    assert shares.sum() == pytest.approx(1)
    assert shares.max() * 24 == pytest.approx(ratio)
    assert np.diff(shares[0][np.argsort(DAY)]).min() > -1e-12


def test_an_unknown_peak_keeps_the_profile_and_a_flat_one_stays_flat() -> None:
    shares = with_peak(np.stack([DAY, FLAT]), np.array([np.nan, 2.0]))
    np.testing.assert_allclose(shares, [DAY, FLAT])


def test_a_zero_hour_stays_near_zero() -> None:
    night_off = np.where(np.arange(24) < 6, 0, 1 / 18)
    shares = with_peak((night_off * DAY / (night_off @ DAY))[None, :], np.array([2.5]))
    assert shares[0, :6].max() < 1e-6
    assert shares.max() * 24 == pytest.approx(2.5)


def test_busy_replicas_are_requests_times_seconds_over_the_hour() -> None:
    busy = busy_replicas(np.array([[86400.0]]), FLAT[None, :], np.array([[3.0]]))
    assert busy[0] == pytest.approx(np.full(24, 3.0))


def test_a_week_gives_the_mean_day() -> None:
    week = np.concatenate([np.full(120, 2.0), np.full(48, 1.0)])
    busy = busy_replicas(np.array([[86400.0]]), (week / week.sum())[None, :], np.array([[1.0]]))
    assert busy.mean() == pytest.approx(1.0)
    assert busy.max() / busy.min() == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("busy", "per_node", "span", "nodes"),
    [
        (16.0, 2, 1, 11),  # 20 replicas at .8, two per node, one spare
        (16.004, 2, 1, 12),  # a 21st replica, for a two-hundredth of its load
        (16.00004, 2, 1, 11),  # a twenty-thousandth is rounding
        (0.1, 2, 1, 2),  # two replicas at least
        (16.0, 1, 2, 41),  # a replica spans two nodes
        (16.0, 3, 1, 8),  # 20 replicas in threes
    ],
)
def test_nodes_pack_whole_replicas(busy: float, per_node: float, span: float, nodes: float) -> None:
    assert packing(per_node, span).nodes(np.array([[busy]])).item() == nodes


@pytest.mark.parametrize(
    ("busy", "per_node", "span", "spare", "loaded"),
    [
        (16.0, 2, 1, 1, 11),  # 20 replicas fill ten nodes, and the spare as one of them
        (16.8, 2, 1, 1, 11.5),  # a 21st replica half fills a node
        (0.1, 8, 1, 1, 0.5),  # two replicas on eight places, and the same two on the spare
        (0.1, 8, 1, 0, 0.25),
        (16.0, 1, 2, 1, 41),  # replicas across nodes; the spare is ready for one of their nodes
    ],
)
def test_a_spare_holds_what_a_node_of_the_fleet_holds(
    busy: float, per_node: float, span: float, spare: float, loaded: float
) -> None:
    found = fleet(np.full((1, 24), busy), packing(per_node, span, spare=spare), np.array([[1.0]]), np.array([[busy]]))
    assert (found.loaded_nodes_peak.item(), found.loaded_node_hours.item()) == (loaded, 24 * loaded)


def test_always_on_pays_the_peak_and_autoscaled_the_hours() -> None:
    busy = np.array([[1.6] * 12 + [16.0] * 12])
    whole = day(busy, committed_load=16.0)
    assert (whole.nodes_peak.item(), whole.committed_nodes.item(), whole.overflow_serving_hours.item()) == (11, 11, 0)
    hourly = day(busy, committed_load=NO_COMMITMENT)
    assert hourly.committed_nodes.item() == 0
    assert hourly.overflow_serving_hours.item() == 12 * 2 + 12 * 11
    assert hourly.node_starts_per_day.item() == 9
    assert hourly.busy_node_hours.item() == pytest.approx(12 * 0.8 + 12 * 8)
    assert (whole.loaded_nodes_peak.item(), whole.loaded_node_hours.item()) == (11, 24 * 11)
    assert (hourly.loaded_nodes_peak.item(), hourly.loaded_node_hours.item()) == (11, 12 * 2 + 12 * 11)


def test_a_commitment_in_between_leaves_the_hours_above_it() -> None:
    mixed = day(np.array([[1.6] * 12 + [16.0] * 12]), committed_load=1.6)
    assert mixed.committed_nodes.item() == 2
    assert mixed.overflow_serving_hours.item() == 12 * 9
    assert mixed.loaded_node_hours.item() == 12 * 2 + 12 * 11


def test_committed_nodes_keep_their_engines_in_the_hours_that_need_fewer() -> None:
    busy = np.array([[1.6] * 8 + [8.0] * 8 + [16.0] * 8])  # 2, 6 and 11 nodes
    assert day(busy, committed_load=8.0).loaded_node_hours.item() == 16 * 6 + 8 * 11


def test_engines_of_a_week_are_counted_by_the_day() -> None:
    week = np.array([[1.6] * 84 + [16.0] * 84])
    assert day(week, committed_load=NO_COMMITMENT).loaded_node_hours.item() == 12 * 2 + 12 * 11


def above_one_node(loads: list[float]) -> tuple[float, float]:
    """Node-hours and starts per day above one committed node, where each replica takes a node of its own."""
    one = np.array([[1.0]])
    hours, starts, _ = overflow(np.array([loads]), packing(per_node=1, least=1, spare=0), one, one, one)
    return hours.item(), starts.item()


def test_the_hour_before_midnight_comes_before_the_first() -> None:
    evening, midnight = [0.0] * 23 + [2.4], [2.4] + [0.0] * 23  # 3 nodes in one hour
    assert above_one_node(midnight) == above_one_node(evening) == (2, 2)
    assert above_one_node([2.4] + [0.0] * 22 + [2.4]) == (4, 2)  # the nodes of 23:00 are still up at 00:00


def test_a_week_of_equal_days_overflows_as_one_day() -> None:
    day_loads = [0.0] * 8 + [4.0, 1.6, 4.0] + [0.0] * 13  # 5, 2 and 5 nodes: 4 + 1 + 4 hours, 4 + 3 starts
    assert above_one_node(day_loads) == (9, 7)
    assert above_one_node(day_loads * 7) == (9, 7)


def test_a_replica_across_nodes_fills_them_all() -> None:
    spans_two = packing(per_node=1, span=2)
    found = fleet(np.full((1, 24), 16.0), spans_two, np.array([[1.0, 1.25]]), np.array([[NO_COMMITMENT]]))
    # 16 busy replicas on 32 nodes; planned at .8, 20 replicas on 40 nodes and one spare; 20 and 25 where slower
    assert found.busy_node_hours.tolist() == [[24 * 32, 24 * 40]]
    assert found.nodes_peak.tolist() == [[41, 51]]
    assert found.overflow_serving_hours.tolist() == [[24 * 41, 24 * 51]]


def test_slower_throughput_needs_more_nodes() -> None:
    busy = np.full((1, 24), 16.0)
    assert day(busy, committed_load=16.0, slowness=1.5).nodes_peak.item() == 16


@given(st.lists(st.floats(0, 200), min_size=24, max_size=24), st.floats(0.2, 1.0))
def test_the_committed_load_is_the_percentile_of_the_hourly_need(loads: list[float], price: float) -> None:
    busy = np.array([loads])
    best = best_commitment(busy, packing(), np.array([[price]]), np.array([[1.0]]), 0.0)
    need = np.sort(packing().nodes(busy)[0])
    # a node pays if it is needed in more than committed/on-demand price of the hours
    percentile = [n for n in need if (need >= n).mean() > price]
    expected = max(percentile, default=0.0)
    chosen = 0.0 if best.item() < 0 else packing().nodes(best).item()
    cost = {b: 24 * price * b + np.maximum(need - b, 0).sum() for b in (chosen, expected)}
    assert cost[chosen] == pytest.approx(cost[expected])


def test_warm_up_makes_committing_more_attractive() -> None:
    busy = np.array([[4.0, 40.0] * 12])
    args = (busy, packing(), np.array([[0.62]]), np.array([[1.0]]))
    assert best_commitment(*args, 0.0).item() == 4.0
    assert best_commitment(*args, 0.5).item() == 40.0
