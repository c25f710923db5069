"""How much cloud capacity to commit to, and what would make that a mistake."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.bill import traffic_of
from costmodel.demand import HOURS_PER_DAY, NO_COMMITMENT, Fleet, fleet
from costmodel.evaluate import Columns, facts_of, of_one_period, read_rows, shares_of
from costmodel.futures import Future
from costmodel.quantities import Quantities
from costmodel.sampling import Floats
from costmodel.uncertainty import Assumption


def commitment(rows: Mapping[str, NDArray[Any]], assumptions: Mapping[str, Assumption]) -> Columns:
    """Best number of nodes to commit to, the rest bought on demand.

    Args:
        rows: Cloud rows with the commitment's usd_per_hour, upfront_usd and term_hours and the
            on_demand_usd_per_hour; their billing is ignored.
        assumptions: As for `evaluate`.

    Returns:
        committed_nodes; usd_per_day of the mix, all_committed_usd_per_day and on_demand_usd_per_day (rent alone);
        saving_ratio against on demand; coverage_ratio (share of the needed node-hours that the commitment serves);
        commitment_utilisation_ratio (share of its hours that are needed); break_even_utilisation_ratio (committed over
        on-demand price); price_fall_ratio (fall of the on-demand price at which the committed hours would have cost the
        same on demand, warm-up aside; NaN without commitment).
    """
    count = len(rows["usd_per_hour"])
    table = read_rows({**rows, "deployment": np.full(count, "cloud"), "billing": np.full(count, "mix")})
    base = Future.base(assumptions)
    parts = of_one_period(table, np.ones(count, dtype=np.bool_))
    figures = [_of_one_period(table, index, base) for index in parts]
    order = np.argsort(np.concatenate(parts))
    return {name: np.concatenate([part[name] for part in figures])[order] for name in figures[0]}


def _of_one_period(table: Columns, index: NDArray[np.intp], base: Future) -> Columns:
    """The figures of rows whose profiles are all days or all weeks."""
    facts = facts_of(table, "cloud", "mix", index)
    traffic = traffic_of(facts, shares_of(table, index), base)
    price = Quantities(facts | base.named)["committed_usd_per_hour"]
    on_demand_price = facts["on_demand_usd_per_hour"]

    def need(load: Floats) -> Fleet:
        return fleet(traffic.busy, traffic.packing, np.ones((1, 1)), load)

    def rent(today: Fleet) -> Floats:
        on_demand_hours = today.overflow_serving_hours + base.named["warm_up_h"] * today.node_starts_per_day
        return HOURS_PER_DAY * today.committed_nodes * price + on_demand_hours * on_demand_price

    mix, none = need(traffic.committed_load), need(np.full((index.size, 1), NO_COMMITMENT))
    committed_hours = HOURS_PER_DAY * mix.committed_nodes
    served_hours = none.overflow_serving_hours - mix.overflow_serving_hours
    erasing_price = np.divide(
        committed_hours * price, served_hours, out=np.full((index.size, 1), np.nan), where=served_hours > 0
    )
    figures = {
        "committed_nodes": mix.committed_nodes,
        "usd_per_day": rent(mix),
        "all_committed_usd_per_day": HOURS_PER_DAY * mix.nodes_peak * price,
        "on_demand_usd_per_day": rent(none),
        "saving_ratio": 1 - rent(mix) / rent(none),
        "coverage_ratio": served_hours / none.overflow_serving_hours,
        "commitment_utilisation_ratio": np.where(
            committed_hours > 0, served_hours / np.maximum(committed_hours, 1), np.nan
        ),
        "break_even_utilisation_ratio": price / on_demand_price,
        "price_fall_ratio": 1 - erasing_price / on_demand_price,
    }
    return {name: values[:, 0] for name, values in figures.items()}
