"""Which own hardware to run, and when renting is cheaper than switching it on: marginal cost and shutdown price."""

import numpy as np

from costmodel.evaluate import Columns
from costmodel.sampling import Floats


def marginal_usd_per_accelerator_hour(
    node_load_power_w: Floats, accelerators_per_node: Floats, pue_ratio: Floats, usd_per_kwh: Floats
) -> Floats:
    """What an hour of an accelerator that is already owned costs: its share of the node's electricity [usd/hour].

    Arrays broadcast: a tariff of shape (rows, 24) gives the cost by hour of the day.
    """
    return node_load_power_w / 1000 * pue_ratio * usd_per_kwh / accelerators_per_node


def shutdown_usd_per_kwh(
    rent_usd_per_accelerator_hour: Floats,
    node_load_power_w: Floats,
    accelerators_per_node: Floats,
    pue_ratio: Floats,
) -> Floats:
    """Tariff above which renting the same accelerator is cheaper than running an own one [usd/kWh]."""
    return rent_usd_per_accelerator_hour * accelerators_per_node / (node_load_power_w / 1000 * pue_ratio)


def merit_order(marginal_usd: Floats, rent_usd: float) -> Columns:
    """Order own capacity by what running it costs, against the cheapest rent.

    Args:
        marginal_usd: Cost per accelerator-hour of each zone's own hardware [usd/hour], shape (rows,).
        rent_usd: Cheapest rent of the same accelerator [usd/hour].

    Returns:
        merit_rank (1: run first; NaN: unknown cost), margin_usd_per_hour (rent minus own) and runs (1: own is cheaper).
    """
    order = np.argsort(marginal_usd, kind="stable")
    rank = np.empty(len(order))
    rank[order] = np.arange(1, len(order) + 1)
    margin = rent_usd - marginal_usd
    return {
        "merit_rank": np.where(np.isnan(marginal_usd), np.nan, rank),
        "margin_usd_per_hour": margin,
        "runs": np.where(np.isnan(margin), np.nan, margin > 0),
    }
