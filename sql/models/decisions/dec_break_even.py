"""Where the best options of two ways cost the same."""

from flows.decisions.break_even import break_even_rows


def model(dbt, session):
    """One row per (scenario, pair of ways)."""
    dbt.config(materialized="table")
    tables = {
        "shortlist": dbt.ref("dec_shortlist"),
        "demand_profile": dbt.ref("stg_demand_profile"),
        "assumption": dbt.ref("stg_assumption"),
    }
    return break_even_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
