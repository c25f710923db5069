"""What one change to the best and the typical options of each scenario would save."""

from flows.decisions.levers import lever_rows


def model(dbt, session):
    """One row per (scenario, kind of option, reference, lever)."""
    dbt.config(materialized="table")
    tables = {
        "ranked": dbt.ref("dec_ranked"),
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("opt_all"),
        "accelerator": dbt.ref("stg_accelerator"),
        "model": dbt.ref("model"),
        "model_fact": dbt.ref("stg_model_fact"),
        "software_support": dbt.ref("software_support"),
        "serving_coefficient": dbt.ref("serving_coefficient"),
        "measured": dbt.ref("stg_measured"),
        "token_model": dbt.ref("token_model"),
        "demand_profile": dbt.ref("stg_demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    return lever_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
