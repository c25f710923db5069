"""Cost of each scenario's best options at other volumes."""

from flows.decisions.curves import scale_rows


def model(dbt, session):
    """One row per (scenario, kind of option, requests per day)."""
    dbt.config(materialized="table")
    tables = {
        "shortlist": dbt.ref("dec_shortlist"),
        "demand_profile": dbt.ref("stg_demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    return scale_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
