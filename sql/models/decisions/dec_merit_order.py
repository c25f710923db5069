"""What running own hardware costs by zone, against the rent that it saves."""

from flows.decisions.merit_order import merit_order_rows


def model(dbt, session):
    """One row per (server, tariff zone)."""
    dbt.config(materialized="table")
    tables = {"option": dbt.ref("opt_all"), "serving_plan": dbt.ref("serving_plan")}
    return merit_order_rows(session, {name: f"({relation.sql_query()})" for name, relation in tables.items()})
