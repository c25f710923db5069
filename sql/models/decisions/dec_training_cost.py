"""What published training runs would cost at tonight's prices."""

from flows.decisions.training import training_rows


def model(dbt, session):
    """One row per (model, accelerator, purchase option)."""
    dbt.config(materialized="table")
    tables = {
        "option": dbt.ref("opt_all"),
        "accelerator": dbt.ref("stg_accelerator"),
        "server": dbt.ref("server"),
        "serving_coefficient": dbt.ref("serving_coefficient"),
        "model_fact": dbt.ref("stg_model_fact"),
        "training_run": dbt.ref("training_run"),
        "assumption": dbt.ref("stg_assumption"),
    }
    return training_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
