"""What each scenario costs per day on each option: costmodel.evaluate, in batches that stream into the table."""

import itertools

import pyarrow as pa

from flows.dbt_plugin import Plugin
from flows.known_costs import cost_or_take_over

COLUMNS = "select column_name from duckdb_columns() where schema_name = ? and table_name = ?"


def model(dbt, session):
    """One row per (scenario, option)."""
    dbt.config(materialized="table")
    tables = {
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("option_input"),
        "serving_plan": dbt.ref("serving_plan"),
        "token_model": dbt.ref("token_model"),
        "demand_profile": dbt.ref("demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    named = {name: f"({relation.sql_query()})" for name, relation in tables.items()}
    # cursors of their own: the session writes this model's table while the rows are read
    columns = session.cursor().execute(COLUMNS, [dbt.this.schema, dbt.this.identifier]).fetchall()
    known = str(dbt.this) if ("input_hash",) in columns else None
    parts = cost_or_take_over(
        session.cursor(), named, draws=dbt.config.get("draws"), known=known, settings=Plugin.settings
    )
    first = next(parts)
    batches = (batch for part in itertools.chain([first], parts) for batch in part.to_batches())
    return pa.RecordBatchReader.from_batches(first.schema, batches)
