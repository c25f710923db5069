"""Which own hardware to run first, and when renting the same accelerator is cheaper than switching it on."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from costmodel.merit_order import marginal_usd_per_accelerator_hour, merit_order, shutdown_usd_per_kwh
from flows.cost_joins import SHAPE, Tables
from flows.model_tables import numpy_columns

#: Own servers in every zone, at the highest power that any scenario draws on them, beside the cheapest rent by the
#: hour of the same accelerator: a commitment is sunk, spot may end.
OWN: Final = """
with loads as (
    select {shape}, max(node_load_power_w) as node_load_power_w
    from {serving_plan}
    where status in ('ok', 'misses_latency')
    group by all
),
rents as (
    select
        accelerator,
        option_id as rent_option_id,
        usd_per_hour / (accelerators_per_node * accelerator_fraction) as rent_usd_per_accelerator_hour
    from {option}
    where purchase_option = 'on_demand' and deployable and quality in ('list', 'quoted', 'measured')
    qualify row_number() over (
        partition by accelerator order by rent_usd_per_accelerator_hour nulls last, option_id
    ) = 1
)
select
    own.accelerator,
    own.sku,
    own.tariff_zone,
    own.accelerators_per_node,
    own.pue_ratio,
    own.usd_per_kwh,
    loads.node_load_power_w,
    rents.rent_option_id,
    rents.rent_usd_per_accelerator_hour
from {option} as own
inner join loads on ({own_shape}) is not distinct from ({load_shape})
left join rents on own.accelerator = rents.accelerator
where own.deployment = 'owned'
order by own.accelerator, own.sku, own.tariff_zone
"""


def merit_order_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Marginal cost of own hardware against the rent that it saves.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of option and serving_plan.

    Returns:
        One row per (server, tariff zone); merit_rank counts the zones and servers of one accelerator.
    """
    own, loads = (", ".join(f"{table}.{column}" for column in SHAPE) for table in ("own", "loads"))
    sql = OWN.format(**tables, shape=", ".join(SHAPE), own_shape=own, load_shape=loads)
    rows = con.sql(sql).to_arrow_table()
    columns = numpy_columns(rows)
    rent = columns["rent_usd_per_accelerator_hour"]
    watts, accelerators, pue = (columns[name] for name in ("node_load_power_w", "accelerators_per_node", "pue_ratio"))
    marginal = marginal_usd_per_accelerator_hour(watts, accelerators, pue, columns["usd_per_kwh"])
    shutdown = shutdown_usd_per_kwh(rent, watts, accelerators, pue)
    figures = {name: np.full(len(rows), np.nan) for name in ("merit_rank", "margin_usd_per_hour", "runs")}
    for accelerator in np.unique(columns["accelerator"].astype(str)):
        index = np.flatnonzero(columns["accelerator"] == accelerator)
        for name, values in merit_order(marginal[index], rent[index[0]]).items():
            figures[name][index] = values
    figures |= {"marginal_usd_per_hour": marginal, "shutdown_usd_per_kwh": shutdown}
    for name, values in figures.items():
        rows = rows.append_column(name, pa.array(values, from_pandas=True))
    return rows
