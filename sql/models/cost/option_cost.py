"""What each scenario costs per day on each option: costmodel.evaluate, in streamed batches."""

import itertools

import pyarrow as pa

from flows.costing import cost_rows


def model(dbt, session):
    """One row per (scenario, option)."""
    dbt.config(materialized="table")
    tables = {
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("opt_all"),
        "serving_plan": dbt.ref("serving_plan"),
        "token_model": dbt.ref("token_model"),
        "demand_profile": dbt.ref("demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    named = {name: f"({relation.sql_query()})" for name, relation in tables.items()}
    # a cursor of its own: the session writes this model's table while the rows are read
    batches = cost_rows(session.cursor(), named, draws=dbt.config.get("draws"))
    first = next(batches)
    return pa.RecordBatchReader.from_batches(first.schema, itertools.chain([first], batches))
