"""What moved each cost between two nights, from the histories of the cost model's inputs."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa

from costmodel.attribution import FACTORS, PRICE_RATE, TARIFF_RATE, attribute, settled
from flows.cost_joins import COST_INPUT, SHAPE, Tables
from flows.costing import input_rows
from flows.model_tables import Columns, assumption_table, numpy_columns

KEY = "scenario_id, option_id"
TONIGHT = "valid_to is null"
NIGHT = "warehouse.landing.cost_date()"
NIGHT_BEFORE = f"valid_from < {NIGHT} and coalesce(valid_to, 'infinity'::date) >= {NIGHT}"
# Known costs that a known cost replaced tonight, and what else than the cost model gave them another serving plan:
# another scenario, or another node behind the same option. Without those that were filled in later, for days on which
# no night knew their inputs.
CHANGED = """
with other_nodes as (
    select option_id from {option}
    where {night_before} or {tonight}
    group by option_id
    having count(distinct ({shape})) > 1
)
select
    opened.scenario_id,
    opened.option_id,
    (opened.usd_per_day - closed.usd_per_day)::double as change_usd,
    opened.model_version = closed.model_version and opened.scenario_id in (
        select scenario_id from {scenario} where valid_from = warehouse.landing.cost_date()
    ) as is_other_scenario,
    opened.model_version = closed.model_version and opened.option_id in (
        select option_id from other_nodes
    ) as is_other_node
from {cost} as opened
inner join {cost} as closed using (scenario_id, option_id)
where opened.valid_from = warehouse.landing.cost_date() and closed.valid_to = warehouse.landing.cost_date()
    and opened.usd_per_day <> closed.usd_per_day
    and scenario_id in (select scenario_id from {scenario} where {night_before})
    and option_id in (select option_id from {option} where {night_before})
order by scenario_id, option_id
"""


def moved(con: duckdb.DuckDBPyConnection, histories: Mapping[str, str], token_model: str, cost: str) -> pa.Table:
    """Parts of each cost's change tonight, one row per (scenario, option), in USD per day.

    Args:
        con: connection that sees all relations and ``warehouse.landing.cost_date()``.
        histories: dated rows of scenario, option, serving_plan, demand_profile and assumption, as queries.
        token_model: FROM expression of the reference table.
        cost: FROM expression of the dated costs.
    """
    dated = {name: f"({histories[name]})" for name in ("scenario", "option")}
    terms = {"night_before": NIGHT_BEFORE, "tonight": TONIGHT, "shape": ", ".join(SHAPE)}
    changed = con.sql(CHANGED.format(cost=cost, **terms, **dated)).to_arrow_table()
    parts = {name: np.zeros(changed.num_rows) for name in FACTORS}
    keys = {name: changed.column(name) for name in ("scenario_id", "option_id")}
    if not changed.num_rows:
        return pa.table(keys | parts)
    con.register("changed", changed)
    before, after = (_tables(histories, token_model, when) for when in (NIGHT_BEFORE, TONIGHT))
    assumptions = assumption_table(con, before), assumption_table(con, after)
    inputs = _inputs(con, before), _inputs(con, after)
    change = changed.column("change_usd").to_numpy()
    scenario, node = (numpy_columns(changed)[name].astype(bool) for name in ("is_other_scenario", "is_other_node"))
    # what a node is counts as reference data
    by_factor = {"scenario": scenario, "assumption": node & ~scenario, "model": ~node & ~scenario}
    for plan_factor, rows in by_factor.items():
        if rows.any():
            old, new = ({name: values[rows] for name, values in night.items()} for night in inputs)
            found = settled(attribute(old, new, *assumptions, plan_factor=plan_factor), change[rows])
            for name in FACTORS:
                parts[name][rows] = found[name]
    return pa.table(keys | parts)


def _tables(histories: Mapping[str, str], token_model: str, when: str) -> Tables:
    """FROM expressions of the model's inputs as they stood at one night, of what changed alone."""
    only = {
        "scenario": "and scenario_id in (select scenario_id from changed)",
        "option": "and option_id in (select option_id from changed)",
    }
    left_out = {"serving_plan": ", node_shape"}
    tables = {
        name: f"(select * exclude (valid_from, valid_to{left_out.get(name, '')}) from ({history})"
        f" where {when} {only.get(name, '')})"
        for name, history in histories.items()
    }
    return tables | {"token_model": token_model}


def _inputs(con: duckdb.DuckDBPyConnection, tables: Tables) -> Columns:
    """Inputs of the cost model and exchange rates of the changed rows, in their order."""
    of_changed = f"select * from ({COST_INPUT}) semi join changed using (scenario_id, option_id) order by {KEY}"
    found: list[Columns] = []
    for batch, inputs in input_rows(con, tables, of_changed):
        rates = {
            PRICE_RATE: numpy_columns(batch.select(["usd_per_unit"]))["usd_per_unit"],
            TARIFF_RATE: numpy_columns(batch.select(["tariff_usd_per_unit"]))["tariff_usd_per_unit"],
        }
        # a row without a rate has no figure that one applies to
        known = {name: np.nan_to_num(rate, nan=1.0) for name, rate in rates.items()}
        found.append(inputs | known)
    return {name: np.concatenate([batch[name] for batch in found]) for name in found[0]}
