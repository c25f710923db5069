"""The best ranked option of each scenario and kind: what the questions about one scenario are asked of."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from costmodel.columns import INPUTS, TEXT_INPUTS
from flows.cost_joins import COST_INPUT, Tables, named
from flows.costing import model_columns
from flows.model_tables import Columns, assumption_table, demand_profiles

KEY = ("scenario_id", "option_kind", "option_id")
# What the inputs of the cost model are made from.
BESIDE_INPUTS = ("demand_profile", "tariff_band", "usd_per_kwh_by_band", "egress_usd_per_gb_by_tier")

SHORTLIST = """
select joined.*, best.option_kind
from ({cost_input}) as joined
inner join {cheapest_option} as best using (scenario_id, option_id)
order by scenario_id, option_kind
"""


def shortlist(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Inputs of the cost model, one row per (scenario, kind of option), of its best ranked option.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of scenario, option, serving_plan, token_model and cheapest_option.
    """
    few = f"(select * from {tables['option']} where option_id in (select option_id from {tables['cheapest_option']}))"
    rows = con.sql(
        SHORTLIST.format(
            cost_input=named({**tables, "option": few}, COST_INPUT), cheapest_option=tables["cheapest_option"]
        )
    ).to_arrow_table()
    wanted = (*KEY, *BESIDE_INPUTS, *(column.name for column in (*TEXT_INPUTS, *INPUTS)))
    return rows.select([name for name in wanted if name in rows.schema.names])


def shortlisted(con: duckdb.DuckDBPyConnection, tables: Tables) -> tuple[pa.Table, Columns]:
    """Read the shortlist back.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of shortlist, demand_profile and assumption.

    Returns:
        Its rows in the order of their key, and the columns that :func:`costmodel.evaluate` takes.
    """
    rows = con.sql(f"select * from {tables['shortlist']} order by scenario_id, option_kind").to_arrow_table()
    return rows, model_columns(rows, demand_profiles(con, tables), assumption_table(con, tables))


def keyed(rows: pa.Table, columns: Columns) -> pa.Table:
    """Results of a function that names its rows by index (column ``row``), with the key of those rows."""
    keys = rows.select(KEY).take(pa.array(columns["row"]))
    for name, values in columns.items():
        if name != "row":
            kind = pa.string() if values.dtype == object else pa.float64()
            keys = keys.append_column(name, pa.array(values, kind))
    return keys
