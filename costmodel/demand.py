"""How many nodes a day's traffic needs, hour by hour, and how many node-hours each way of billing pays.

Every way of billing commits to the need of some hour and pays the hours above it as they come: always_on commits to
the busiest hour, autoscaled to none, mix to the hour that makes the day cheapest.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from costmodel.sampling import Floats

HOURS_PER_DAY: Final = 24.0
SECONDS_PER_HOUR: Final = 3600.0
# A load that exceeds a whole number of replicas by less than this part of one buys no further replica (rounding).
CEILING_TOLERANCE: Final = 1e-4
NO_COMMITMENT: Final = -1.0
# Search for a profile's sharpness: most steps, change that ends it, and slope below which a profile counts as flat.
MOST_NEWTON_STEPS: Final = 30
CONVERGED: Final = 1e-9
FLAT: Final = 1e-12


def with_peak(share_by_hour: Floats, peak_to_average_ratio: Floats) -> Floats:
    """Sharpen or flatten profiles until their busiest hour is the given multiple of the mean hour.

    The shares are raised to a power and scaled back to a sum of 1, which keeps their order and their sign. A flat
    profile stays flat, whatever is asked.

    Args:
        share_by_hour: Shape (rows, hours), each row sums to 1.
        peak_to_average_ratio: Shape (rows,); NaN keeps the profile's own peak.

    Returns:
        Shape (rows, hours).
    """
    hours = share_by_hour.shape[1]
    log_share = np.log(np.maximum(share_by_hour / share_by_hour.max(axis=1, keepdims=True), 1e-9))
    # With s = share / peak share and power g: peak over mean = hours / sum(s^g), decreasing in its sum: Newton on logs.
    target = np.log(np.clip(peak_to_average_ratio, 1.0, hours) / hours)
    power = np.ones(len(share_by_hour))
    for _ in range(MOST_NEWTON_STEPS):
        weight = np.exp(power[:, None] * log_share)
        total = weight.sum(axis=1)
        slope = -(weight * log_share).sum(axis=1) / total
        step = np.divide(target + np.log(total), slope, out=np.zeros_like(slope), where=slope > FLAT)
        power = np.clip(power + step, 0.0, 1e3)
        if np.nanmax(np.abs(step), initial=0.0) < CONVERGED:
            break
    weight = np.exp(power[:, None] * log_share)
    return np.where(np.isnan(peak_to_average_ratio)[:, None], share_by_hour, weight / weight.sum(axis=1, keepdims=True))


def busy_replicas(requests_per_day: Floats, share_by_hour: Floats, replica_seconds_per_request: Floats) -> Floats:
    """Mean number of replicas at full batch that the traffic of each hour keeps busy.

    Args:
        requests_per_day: Requests of an average day, shape (rows, 1).
        share_by_hour: Share of the period (a day or a week) in each hour, shape (rows, hours).
        replica_seconds_per_request: Time of one replica per request [s], shape (rows, 1).

    Returns:
        Shape (rows, hours).
    """
    days = share_by_hour.shape[1] / HOURS_PER_DAY
    seconds: Floats = requests_per_day * days * share_by_hour * replica_seconds_per_request
    return seconds / SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Packing:
    """How load becomes nodes; arrays of shape (rows, 1).

    Attributes:
        target_utilisation_ratio: Load a replica is planned for, over its capacity [ratio].
        min_replicas: Replicas kept up at any hour.
        replicas_per_node: Replicas that fit one node.
        nodes_per_replica: Nodes that one replica spans.
        spare_nodes: Nodes on top of the need (N+1).
    """

    target_utilisation_ratio: Floats
    min_replicas: Floats
    replicas_per_node: Floats
    nodes_per_replica: Floats
    spare_nodes: Floats

    def replicas(self, busy: Floats) -> Floats:
        """Replicas for a load of `busy` replicas, headroom and minimum included."""
        need: Floats = busy / self.target_utilisation_ratio
        need -= CEILING_TOLERANCE
        np.ceil(need, out=need)
        np.maximum(need, self.min_replicas, out=need)
        return need

    def engines(self, busy: Floats) -> Floats:
        """Nodes' worth of engines for a load of `busy` replicas, headroom and minimum included; not whole."""
        need = self.replicas(busy)
        need *= self.nodes_per_replica
        need /= self.replicas_per_node
        return need

    def nodes(self, busy: Floats) -> Floats:
        """Nodes for a load of `busy` replicas, headroom, minimum and spare included."""
        return self.holding(self.engines(busy))

    def holding(self, engines: Floats) -> Floats:
        """Nodes that hold so many nodes' worth of engines, and the spare ones."""
        need: Floats = np.ceil(engines)
        need += self.spare_nodes
        return need

    def spare_engines(self, engines: Floats) -> Floats:
        """Nodes' worth of engines on the spare nodes: each holds what a node of the fleet holds."""
        held: Floats = self.spare_nodes * np.minimum(engines, 1)
        return held


@dataclass(frozen=True, slots=True)
class Fleet:
    """What one day needs; arrays of shape (rows, levels) or (rows, 1).

    Attributes:
        nodes_peak: Nodes of the busiest hour, spare included.
        committed_nodes: Nodes paid around the clock.
        overflow_serving_hours: Node-hours per day above them [h].
        node_starts_per_day: Starts of nodes above them; each is paid while it loads the model [1/day].
        busy_node_hours: Node-hours per day that the traffic fills [h].
        loaded_nodes_peak: Nodes' worth of engines in the busiest hour; the rest of the nodes is idle.
        loaded_node_hours: The same over the day; committed nodes keep theirs up [h].
    """

    nodes_peak: Floats
    committed_nodes: Floats
    overflow_serving_hours: Floats
    node_starts_per_day: Floats
    busy_node_hours: Floats
    loaded_nodes_peak: Floats
    loaded_node_hours: Floats


def overflow(
    busy: Floats, packing: Packing, slowness: Floats, committed_nodes: Floats, committed_engines: Floats
) -> tuple[Floats, Floats, Floats]:
    """Node-hours, node starts and engines' node-hours per day above a commitment; the period repeats.

    Args:
        busy: Busy replicas of each hour at the predicted throughput, shape (rows, hours).
        packing: How load becomes nodes.
        slowness: Predicted over true throughput, shape (rows, levels) or (rows, 1).
        committed_nodes: Nodes paid around the clock.
        committed_engines: Nodes' worth of engines that are up around the clock.

    Returns:
        Each of the shape of the slowness.
    """
    above = np.maximum(packing.nodes(busy[:, [-1]] * slowness) - committed_nodes, 0)
    hours, starts, engine_hours = np.zeros_like(above), np.zeros_like(above), np.zeros_like(above)
    for hour in range(busy.shape[1]):
        engines = packing.engines(busy[:, [hour]] * slowness)
        before, above = above, packing.holding(engines)
        above -= committed_nodes
        np.maximum(above, 0, out=above)
        hours += above
        starts += np.maximum(above - before, 0)
        engines -= committed_engines
        engine_hours += np.maximum(engines, 0, out=engines)
    days = busy.shape[1] / HOURS_PER_DAY
    return hours / days, starts / days, engine_hours / days


def best_commitment(
    busy: Floats, packing: Packing, committed_usd_per_hour: Floats, overflow_usd_per_hour: Floats, warm_up_h: float
) -> Floats:
    """Load whose need should be committed, when hours above it are bought on demand.

    Without warm-up this is the percentile 1 - committed/on-demand price of the hourly need; warm-up moves it. All
    hours and no commitment at all are tried, so the result never costs more than either extreme.

    Args:
        busy: Busy replicas of each hour, shape (rows, hours).
        packing: How load becomes nodes.
        committed_usd_per_hour: Price of a committed node, shape (rows, 1).
        overflow_usd_per_hour: Price of an on-demand node, shape (rows, 1).
        warm_up_h: Time from paying a node to its first request [h].

    Returns:
        Busy replicas of the hour to commit to, shape (rows, 1); NO_COMMITMENT where none pays.
    """
    loads = np.concatenate([np.full((len(busy), 1), NO_COMMITMENT), np.sort(busy, axis=1)], axis=1)
    committed = np.where(loads < 0, 0, packing.nodes(loads))
    hours, starts, _ = overflow(busy, packing, np.ones_like(loads), committed, committed)
    cost = committed_usd_per_hour * HOURS_PER_DAY * committed + overflow_usd_per_hour * (hours + warm_up_h * starts)
    return np.take_along_axis(loads, np.argmin(cost, axis=1)[:, None], axis=1)


def fleet(busy: Floats, packing: Packing, slowness: Floats, committed_load: Floats) -> Fleet:
    """Nodes and node-hours of one day.

    Args:
        busy: Busy replicas of each hour at the predicted throughput, shape (rows, hours).
        packing: How load becomes nodes.
        slowness: Predicted over true throughput, shape (rows, levels) or (rows, 1).
        committed_load: Load whose need is paid around the clock, shape (rows, 1); NO_COMMITMENT: none.
    """
    peak = busy.max(axis=1, keepdims=True)
    engines_peak = packing.engines(peak * slowness)
    nodes_peak = packing.holding(engines_peak)
    busy_hours = busy.mean(axis=1, keepdims=True) * HOURS_PER_DAY * slowness
    busy_hours *= packing.nodes_per_replica / packing.replicas_per_node
    spare_engines = packing.spare_engines(engines_peak)
    loaded_peak = engines_peak + spare_engines
    if np.all((committed_load >= peak) | np.isnan(peak)):
        none = np.zeros((1, 1), dtype=busy.dtype)
        return Fleet(nodes_peak, nodes_peak, none, none, busy_hours, loaded_peak, loaded_peak * HOURS_PER_DAY)
    engines = np.where(committed_load < 0, 0, packing.engines(committed_load * slowness))
    committed = np.where(committed_load < 0, 0, packing.holding(engines))
    hours, starts, engine_hours = overflow(busy, packing, slowness, committed, engines)
    loaded = (engines + spare_engines) * HOURS_PER_DAY + engine_hours
    return Fleet(nodes_peak, committed, hours, starts, busy_hours, loaded_peak, loaded)
