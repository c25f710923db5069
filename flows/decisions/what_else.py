"""The same traffic on the same options with another precision or a smaller model, planned and priced anew."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from costmodel.evaluate import evaluate
from costmodel.money import COMPONENTS
from flows.cost_joins import Tables
from flows.costing import input_rows, plan_rows
from flows.model_tables import assumption_table

#: Scenarios with one thing changed. A smaller model is the largest open one with at most half of the parameters and
#: no more active ones; whether its answers are good enough is not for a cost model to say.
CHANGES: Final = """
with sizes as (
    select
        model,
        max(value) filter (where attribute = 'card_total_params_b') as total_params_b,
        max(value) filter (where attribute = 'card_active_params_b') as active_params_b,
        max(value) filter (where attribute = 'max_context_tokens') as max_context_tokens
    from {model_fact}
    group by model
),
smaller as (
    select scenario.scenario_id, other.model
    from {scenario} as scenario
    inner join sizes as own using (model)
    inner join sizes as other
        on other.total_params_b <= own.total_params_b / 2
        and other.active_params_b <= own.active_params_b
        and other.max_context_tokens >= scenario.input_tokens + scenario.output_tokens
    inner join {model} as model on model.model = other.model and model.licence_kind = 'open'
    qualify row_number() over (
        partition by scenario.scenario_id order by other.total_params_b desc, other.model
    ) = 1
)
select
    scenario.* replace (
        concat_ws('@', scenario.scenario_id, smaller.model) as scenario_id, smaller.model as model
    ),
    scenario.scenario_id as unchanged_scenario_id
from {scenario} as scenario
inner join smaller using (scenario_id)
union all by name
select
    scenario.* replace (
        concat_ws('@', scenario.scenario_id, precision) as scenario_id, precision as allowed_precisions
    ),
    scenario.scenario_id as unchanged_scenario_id
from {scenario} as scenario
cross join unnest(['fp8', 'int8', 'int4', 'fp4']) as quantised(precision)
"""
KEPT: Final = ("option_id", "deployment", "region", "sku", "accelerator", "purchase_option", "precision", "model")
DECIMALS: Final = 4  # the sum of rounded components, as published: an equal cost is no saving
SCHEMA: Final = pa.schema(
    [("scenario_id", pa.string()), *((name, pa.string()) for name in KEPT), ("usd_per_day", pa.float64())]
)


def changed_rows(con: duckdb.DuckDBPyConnection, tables: Tables, references: pa.Table) -> pa.Table:
    """Cost of each reference with another precision, and with a smaller model.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of scenario, option, accelerator, model, model_fact, software_support,
            serving_coefficient, token_model, demand_profile and assumption.
        references: rows with scenario_id and option_id.

    Returns:
        Rows that meet the scenario's targets and rest on evidence, with the scenario's own id.
    """
    con.register("lever_reference", references.select(["scenario_id", "option_id"]))
    few = f"(select * from {tables['option']} where option_id in (select option_id from lever_reference))"
    changed = {**tables, "scenario": f"({CHANGES.format(**tables)})", "option": few}
    con.register("lever_plan", plan_rows(con, changed))
    assumptions = assumption_table(con, tables)
    wanted = set(zip(references["scenario_id"].to_pylist(), references["option_id"].to_pylist(), strict=True))
    found = [SCHEMA.empty_table()]
    for batch, columns in input_rows(con, {**changed, "serving_plan": "lever_plan"}):
        pairs = zip(batch["unchanged_scenario_id"].to_pylist(), batch["option_id"].to_pylist(), strict=True)
        known = pc.is_in(batch["evidence"], pa.array(["measured", "family"]))
        served = pc.and_(pc.equal(batch["status"], "ok"), known).to_numpy(zero_copy_only=False)
        index = np.flatnonzero(served & np.array([pair in wanted for pair in pairs]))
        cost = evaluate({name: values[index] for name, values in columns.items()}, assumptions, draws=0)
        usd_per_day = np.sum([cost[component.name].round(DECIMALS) for component in COMPONENTS], axis=0).round(DECIMALS)
        rows = batch.take(pa.array(index))
        texts = [rows[name] for name in ("unchanged_scenario_id", *KEPT)]
        found.append(pa.table([*texts, pa.array(usd_per_day)], SCHEMA))
    con.unregister("lever_plan")
    con.unregister("lever_reference")
    return pa.concat_tables(found)
