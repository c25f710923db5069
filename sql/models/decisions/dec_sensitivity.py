"""What moves the cost of each scenario's best options."""

from flows.decisions.curves import sensitivity_rows


def model(dbt, session):
    """One row per (scenario, kind of option, figure)."""
    dbt.config(materialized="table")
    tables = {
        "shortlist": dbt.ref("dec_shortlist"),
        "demand_profile": dbt.ref("stg_demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    return sensitivity_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
