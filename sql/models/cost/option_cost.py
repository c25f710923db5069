"""What each scenario costs per day on each option: costmodel.evaluate, in batches that stream into the table."""

import itertools

import pyarrow as pa

from flows.dbt_plugin import Plugin
from flows.known_costs import TAKEN_OVER, new_costs, to_compute

COLUMNS = "select column_name from duckdb_columns() where schema_name = ? and table_name = ?"


def model(dbt, session):
    """One row per (scenario, option)."""
    dbt.config(materialized="table")
    tables = {
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("option_input"),
        "serving_plan": dbt.ref("serving_plan"),
        "token_model": dbt.ref("token_model"),
        "demand_profile": dbt.ref("stg_demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    named = {name: f"({relation.sql_query()})" for name, relation in tables.items()}
    draws = dbt.config.get("draws")
    columns = session.execute(COLUMNS, [dbt.this.schema, dbt.this.identifier]).fetchall()
    known = str(dbt.this) if ("input_hash",) in columns else None
    rows = to_compute(session, named, draws=draws, known=known)
    # a cursor of its own: the session writes this model's table while the rows are read
    parts = new_costs(session.cursor(), named, rows=rows, known=known, draws=draws, settings=Plugin.settings)
    first = next(parts, None)
    if first is None:
        return session.sql(TAKEN_OVER.format(known=known))
    batches = (batch for part in itertools.chain([first], parts) for batch in part.to_batches())
    new = pa.RecordBatchReader.from_batches(first.schema, batches)
    # what another version of the model made has other columns, and no row of it is taken over
    if known is None or not session.sql(TAKEN_OVER.format(known=known)).limit(1).fetchall():
        return new
    session.register("new_costs", new)
    return session.sql(f"{TAKEN_OVER.format(known=known)} union all by name from new_costs")
