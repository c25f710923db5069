"""How many nodes to commit to, for every size that can be had by commitment and on demand."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from costmodel.commitment import commitment
from flows.cost_joins import Tables
from flows.costing import input_rows, is_held
from flows.model_tables import assumption_table

TEXTS = ("scenario_id", "option_id", "provider", "region", "zone", "sku", "committed_purchase_option")
FIGURES = (
    "committed_nodes",
    "usd_per_day",
    "all_committed_usd_per_day",
    "on_demand_usd_per_day",
    "saving_ratio",
    "coverage_ratio",
    "commitment_utilisation_ratio",
    "break_even_utilisation_ratio",
    "price_fall_ratio",
)
SCHEMA = pa.schema([*((name, pa.string()) for name in TEXTS), *((name, pa.float64()) for name in FIGURES)])


def commitment_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Best commitment of each (scenario, size, region) that serves the scenario.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of scenario, option, serving_plan, token_model, demand_profile and assumption.

    Returns:
        The mix's identity, committed_purchase_option (the commitment that the mix takes) and the columns of
        :func:`costmodel.commitment.commitment`.
    """
    mixes = f"(select * from {tables['option']} where billing = 'mix')"
    assumptions = assumption_table(con, tables)
    found = [SCHEMA.empty_table()]
    for batch, columns in input_rows(con, {**tables, "option": mixes}):
        is_served = pc.equal(batch["status"], "ok")
        served, index = batch.filter(is_served), np.flatnonzero(is_served.to_numpy(zero_copy_only=False))
        if not index.size:
            continue
        figures = commitment({name: values[index] for name, values in columns.items()}, assumptions)
        # a mix names the commitment that it takes before the key of its price
        taken = pc.list_element(pc.split_pattern(served["source_key"], ": ", max_splits=1), 0)
        texts = [served[name] for name in TEXTS[:-1]]
        numbers = [pa.array(figures[name], from_pandas=True) for name in FIGURES]
        found.append(pa.table([*texts, taken, *numbers], SCHEMA).filter(pa.array(is_held(figures))))
    return pa.concat_tables(found)
