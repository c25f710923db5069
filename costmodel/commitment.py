"""How much cloud capacity to commit to, and what would make that a mistake."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from costmodel.demand import HOURS_PER_DAY
from costmodel.evaluate import Columns, evaluate
from costmodel.quantities import Quantities
from costmodel.uncertainty import Assumption

PRICE_COLUMNS: Final = ("usd_per_hour", "upfront_usd", "term_hours", "is_spot", "on_demand_usd_per_hour")


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
        on-demand price); price_fall_ratio (fall of the on-demand price that erases the saving; NaN without commitment).
    """
    count = len(rows["usd_per_hour"])
    prices = Quantities({name: np.asarray(rows.get(name, np.zeros(count))) for name in PRICE_COLUMNS})
    prices |= {name: np.asarray(given.value) for name, given in assumptions.items()}
    committed_price = prices["committed_usd_per_hour"]
    on_demand = {"usd_per_hour": rows["on_demand_usd_per_hour"], "upfront_usd": np.zeros(count)}
    mix, committed, autoscaled = (
        evaluate({**rows, **changes, "billing": np.full(count, billing)}, assumptions, draws=0)
        for billing, changes in (("mix", {}), ("always_on", {}), ("autoscaled", on_demand))
    )
    committed_hours = HOURS_PER_DAY * mix["committed_nodes"]
    served_hours = autoscaled["node_hours_per_day"] - (mix["node_hours_per_day"] - committed_hours)
    with np.errstate(divide="ignore", invalid="ignore"):
        utilisation = served_hours / committed_hours
        on_demand_equal = committed_hours * committed_price / served_hours
    return {
        "committed_nodes": mix["committed_nodes"],
        "usd_per_day": mix["rental_usd"],
        "all_committed_usd_per_day": committed["rental_usd"],
        "on_demand_usd_per_day": autoscaled["rental_usd"],
        "saving_ratio": 1 - mix["rental_usd"] / autoscaled["rental_usd"],
        "coverage_ratio": served_hours / autoscaled["node_hours_per_day"],
        "commitment_utilisation_ratio": utilisation,
        "break_even_utilisation_ratio": committed_price / rows["on_demand_usd_per_hour"],
        "price_fall_ratio": 1 - on_demand_equal / rows["on_demand_usd_per_hour"],
    }
