"""How each node shape serves each scenario: costmodel.serving on every allowed precision."""

from flows.costing import plan_rows


def model(dbt, session):
    """One row per (scenario, node shape, precision)."""
    dbt.config(materialized="table")
    tables = {
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("opt_all"),
        "accelerator": dbt.ref("stg_accelerator"),
        "model": dbt.ref("model"),
        "model_fact": dbt.ref("stg_model_fact"),
        "software_support": dbt.ref("software_support"),
        "serving_coefficient": dbt.ref("serving_coefficient"),
        "measured": dbt.ref("stg_measured"),
    }
    return plan_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
