"""What an hour of training costs on the cheapest node of each accelerator, rented or own."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from costmodel.coefficients import CoefficientTable, lookup
from costmodel.demand import HOURS_PER_DAY
from costmodel.futures import Future
from costmodel.money import COMPONENTS
from costmodel.quantities import Quantities
from costmodel.sampling import Floats
from costmodel.uncertainty import Assumption
from flows.cost_joins import Tables
from flows.model_tables import Columns, coefficient_table, numpy_columns

# What an own node costs while it trains; the people who train are no cost of a node.
NODE_COMPONENTS: Final = ("hardware_usd", "energy_usd", "cooling_usd", "facility_usd", "maintenance_usd")

#: Nodes that can be joined: 400 Gbit/s each is the least fabric that clouds sell for training (eight A100). Spot and
#: mixes of commitments do not fit a run that holds all of its nodes from start to end. What a person's own server draws
#: says nothing of a rented one.
NODES: Final = """
with nameplates as (
    select accelerator, max(server_max_power_w / accelerators_per_node) as nameplate_w
    from {option} where deployment = 'owned' and sku in (select server from {server}) group by accelerator
)
select
    option.option_id,
    option.deployment,
    option.purchase_option,
    option.accelerator,
    option.region,
    option.accelerators_per_node,
    option.usd_per_hour,
    option.upfront_usd,
    option.term_hours,
    option.server_price_usd,
    option.server_max_power_w,
    option.usd_per_kwh,
    option.demand_usd_per_kw_month,
    option.pue_ratio,
    accelerator.family,
    accelerator.tdp_w,
    accelerator.bf16_dense_tflops,
    coalesce(option.server_max_power_w / option.accelerators_per_node, nameplates.nameplate_w) as nameplate_w
from {option} as option
inner join {accelerator} as accelerator using (accelerator)
left join nameplates using (accelerator)
where
    option.deployable
    and option.scale_out_gbit_s >= 400
    and option.purchase_option not in ('spot', 'mix')
    and option.quality in ('list', 'quoted', 'measured')
    and accelerator.bf16_dense_tflops is not null
order by option.option_id
"""


def cheapest_nodes(
    con: duckdb.DuckDBPyConnection, tables: Tables, assumptions: dict[str, Assumption]
) -> tuple[pa.Table, Columns]:
    """Find the cheapest priced node of each (accelerator, purchase option).

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of option, accelerator, server (the reference table) and serving_coefficient.
        assumptions: all assumptions by name.

    Returns:
        The nodes in the order of that key, and their columns with usd_per_accelerator_hour [usd/hour] and nameplate_w
        [W], both per accelerator.
    """
    nodes = con.sql(NODES.format(**tables)).to_arrow_table()
    columns = numpy_columns(nodes)
    columns["nameplate_w"] = _nameplate_w(columns, coefficient_table(con, tables))
    columns["usd_per_accelerator_hour"] = usd_per_accelerator_hour(columns, assumptions)
    chosen = _cheapest(columns)
    return nodes.take(pa.array(chosen)), {name: values[chosen] for name, values in columns.items()}


def usd_per_accelerator_hour(nodes: Columns, assumptions: dict[str, Assumption]) -> Floats:
    """Price of an hour of one accelerator: rent with its prepayments financed, or an own node at training power."""
    rent = Quantities(_given(nodes, assumptions))["committed_usd_per_hour"]
    own = _own_usd_per_node_hour(nodes, assumptions)
    hourly: Floats = np.where(nodes["deployment"] == "cloud", rent, own)
    return hourly / nodes["accelerators_per_node"]


def _own_usd_per_node_hour(nodes: Columns, assumptions: dict[str, Assumption]) -> Floats:
    """One own node that trains around the clock [usd/hour]; NaN for a rented one."""
    watts = nodes["server_max_power_w"] * assumptions["training_power_ratio"].value
    named = Quantities(_given(nodes, assumptions))
    named |= {"node_idle_power_w": watts, "node_load_power_w": watts}
    named |= {name: np.ones(1) for name in ("nodes_peak", "loaded_nodes_peak")}
    hours = ("node_hours_per_day", "loaded_node_hours", "busy_node_hours")
    named |= {name: np.full(1, HOURS_PER_DAY) for name in hours}
    named["is_colocated"] = (nodes["deployment"] == "colocated").astype(float)
    costs = [named.call(component.function) for component in COMPONENTS if component.name in NODE_COMPONENTS]
    total: Floats = np.sum(costs, axis=0)
    return total / HOURS_PER_DAY


def _given(nodes: Columns, assumptions: dict[str, Assumption]) -> dict[str, Floats]:
    """Columns of the nodes and the assumptions at base values, as the quantities take them."""
    base = {name: value[0] for name, value in Future.base(assumptions).named.items()}
    not_spot = {"is_spot": np.zeros(1), "on_demand_usd_per_hour": np.full(1, np.nan)}
    return base | not_spot | {name: values for name, values in nodes.items() if values.dtype != object}


def _nameplate_w(nodes: Columns, table: CoefficientTable) -> Floats:
    """Nameplate per accelerator: that of a server, else the family's ratio to the accelerator's limit [W]."""
    ratio = lookup(table, nodes["accelerator"].tolist(), nodes["family"].tolist()).node_power_ratio
    known = nodes["nameplate_w"]
    return np.where(np.isnan(known), nodes["tdp_w"] * ratio, known)


def _cheapest(nodes: Columns) -> NDArray[np.intp]:
    """Index of the cheapest priced node of each (accelerator, purchase option), in their order."""
    price = nodes["usd_per_accelerator_hour"]
    best: dict[tuple[str, str], int] = {}
    for index in np.argsort(price, kind="stable"):
        if not np.isnan(price[index]):
            best.setdefault((nodes["accelerator"][index], nodes["purchase_option"][index]), int(index))
    return np.array([best[key] for key in sorted(best)], dtype=np.intp)
