"""Inputs of the cost model of each scenario's best ranked options, one per kind."""

from flows.decisions.shortlist import shortlist


def model(dbt, session):
    """One row per (scenario, kind of option)."""
    dbt.config(materialized="table")
    tables = {
        "scenario": dbt.ref("stg_scenario"),
        "option": dbt.ref("opt_all"),
        "serving_plan": dbt.ref("serving_plan"),
        "token_model": dbt.ref("token_model"),
        "cheapest_option": dbt.ref("cheapest_option"),
    }
    return shortlist(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
