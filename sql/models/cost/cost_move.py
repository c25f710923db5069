"""What moved each cost between the last two nights: costmodel.attribution on the inputs of both."""

from flows.cost_moves import moved


def model(dbt, session):
    """One row per (scenario, option) whose known cost changed tonight."""
    dbt.config(materialized="table")
    histories = {
        "scenario": dbt.ref("hist_scenario"),
        "option": dbt.ref("hist_option"),
        "serving_plan": dbt.ref("hist_serving_plan"),
        "demand_profile": dbt.ref("hist_demand_profile"),
        "assumption": dbt.ref("hist_assumption"),
    }
    named = {name: relation.sql_query() for name, relation in histories.items()}
    token_model = f"({dbt.ref('token_model').sql_query()})"
    return moved(session.cursor(), named, token_model, f"({dbt.ref('hist_cost').sql_query()})")
