"""How many nodes to commit to, by scenario, size and region."""

from flows.decisions.commitment import commitment_rows


def model(dbt, session):
    """One row per (scenario, mix)."""
    dbt.config(materialized="table")
    tables = {
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("opt_all"),
        "serving_plan": dbt.ref("serving_plan"),
        "token_model": dbt.ref("token_model"),
        "demand_profile": dbt.ref("stg_demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    return commitment_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
