"""From tables to the cost model and back: one path for the nightly marts and for what-ifs.

The joins are those of :mod:`flows.cost_joins`; :mod:`costmodel` gets arrays and gives arrays.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from costmodel import architecture, coefficients, power, serving, tariff, tiers
from costmodel.candidates import peak_nodes
from costmodel.columns import INPUTS, PROFILE
from costmodel.evaluate import evaluate
from costmodel.measured import Measurement, override
from costmodel.money import BYTES_PER_GB
from costmodel.quantities import DAYS_PER_YEAR, MONTHS_PER_DAY
from costmodel.serving_inputs import Node, Quantisation, Workload, from_columns, with_defaults
from costmodel.uncertainty import Assumption
from flows.cost_joins import COST_INPUT, PLAN_INPUT, SHAPE, Tables, named
from flows.measured import Inputs
from flows.model_tables import (
    Columns,
    arrow_column,
    assumption_table,
    coefficient_table,
    demand_profiles,
    hours,
    model_architectures,
    numpy_columns,
)

PART_ROWS = 32_768
THREADS = 2  # the result does not depend on it
BLOCK_NODES = 1  # for so many connectors.aws_capacity_blocks asks a quote
UNHELD = 1e13  # figures of any unit from here on; a DECIMAL(18, 4) holds ten times as much
UNHELD_OF = dict.fromkeys(("nodes_peak", "replicas_peak", "committed_nodes"), 2.0**31)  # the same of INTEGER columns


def plan_inputs(
    con: duckdb.DuckDBPyConnection, tables: Tables, counted: Mapping[str, architecture.Architecture] | None = None
) -> tuple[pa.Table, Inputs]:
    """What :func:`costmodel.serving.plan` takes, one row per (scenario, node shape, allowed precision).

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of scenario, option, accelerator, model, model_fact,
            software_support, serving_coefficient and measured.
        counted: architectures of models that the reference table does not hold, by name.

    Returns:
        The joined rows, and the model's inputs in their order.
    """
    rows = con.sql(named(tables, PLAN_INPUT)).to_arrow_table()
    columns = numpy_columns(rows)
    models = model_architectures(con, tables) | dict(counted or {})
    accelerators, families = (columns[name].tolist() for name in ("accelerator", "family"))
    return rows, Inputs(
        architecture.stack([models[name] for name in columns["model"]]),
        from_columns(Workload, columns),
        from_columns(Node, columns),
        Quantisation(columns["precision"], columns["support"]),
        coefficients.lookup(coefficient_table(con, tables), accelerators, families),
    )


def plan_rows(
    con: duckdb.DuckDBPyConnection, tables: Tables, counted: Mapping[str, architecture.Architecture] | None = None
) -> pa.Table:
    """Serving plans, one row per (scenario, node shape, allowed precision).

    Args:
        con: connection that sees all `tables`.
        tables: as for :func:`plan_inputs`.
        counted: as for :func:`plan_inputs`.

    Returns:
        The plan's key columns, then the fields of :class:`costmodel.serving.ServingPlan`, then
        peak_nodes, node_idle_power_w, node_load_power_w [W] and weights_gb [GB].
    """
    rows, inputs = plan_inputs(con, tables, counted)
    plan = override(serving.plan(*inputs), _measurement(rows), inputs.workload, inputs.node)
    server = numpy_columns(rows.select(["server_max_power_w", "server_idle_power_w"]))
    idle_w, load_w = power.node_power_w(inputs.node, plan.accelerator_watts, inputs.coefficients, *server.values())
    result = {name: rows.column(name) for name in ("scenario_id", *SHAPE, "precision", "support")}
    result |= {name: arrow_column(getattr(plan, name)) for name in plan.__dataclass_fields__}
    took = (plan.replica_seconds_per_request, plan.replicas_per_node, plan.nodes_per_replica)
    result["peak_nodes"] = arrow_column(peak_nodes(with_defaults(inputs.workload), *took))
    result["node_idle_power_w"] = arrow_column(idle_w)
    result["node_load_power_w"] = arrow_column(load_w)
    result["weights_gb"] = arrow_column(serving.weights_gb(inputs.architecture, inputs.quantisation, inputs.node))
    return pa.table(result)


def _measurement(rows: pa.Table) -> Measurement:
    """The measurement that overrides the physics of each row; NaN where there is none."""
    columns = numpy_columns(rows)
    return Measurement(*(columns[f"measured_{field.name}"] for field in dataclasses.fields(Measurement)))


def cost_rows(con: duckdb.DuckDBPyConnection, tables: Tables, *, draws: int) -> Iterator[pa.Table]:
    """Daily cost of every (scenario, option), in parts of bounded size, ordered by both.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of scenario, option, serving_plan, token_model, demand_profile and
            assumption.
        draws: Monte Carlo draws behind the intervals.
    """
    assumptions = assumption_table(con, tables)
    for rows, columns in input_rows(con, tables):
        yield costs_of(rows, columns, assumptions, draws)


def costs_of(rows: pa.Table, columns: Columns, assumptions: Mapping[str, Assumption], draws: int) -> pa.Table:
    """Keys, serving plan, status and cost of joined rows, each as one row; see :func:`input_rows`."""
    kept = ("scenario_id", "option_id", *PLAN_COLUMNS, "status", "status_reason", "evidence", "equivalence")
    told = numpy_columns(rows.select(["status", "status_reason"]))
    costs = evaluate(columns, assumptions, draws, threads=THREADS)
    served = np.isin(told["status"].astype(str), ["ok", "misses_latency"])
    priced = served & np.isfinite(costs["usd_per_day"])
    # unknown is never 0 and never without a reason
    unknown = served & ~priced
    told["status"][unknown], told["status_reason"][unknown] = "no_price", "an input of the cost is unknown"
    unheld = priced & ~is_held(costs)
    told["status"][unheld], told["status_reason"][unheld] = "no_price", "a figure is larger than its column holds"
    priced &= ~unheld
    unquoted = _is_unquoted(rows, costs["nodes_peak"]) & priced & (told["status"] == "ok")
    told["status"][unquoted] = "capacity_unknown"
    told["status_reason"][unquoted] = [
        f"a block was quoted for {BLOCK_NODES} node, the fleet needs {nodes:,.0f}"
        for nodes in costs["nodes_peak"][unquoted]
    ]
    result = {name: rows.column(name) for name in kept} | {name: arrow_column(values) for name, values in told.items()}
    result |= {name: arrow_column(np.where(priced, values, np.nan)) for name, values in costs.items()}
    return pa.table(result | {name: arrow_column(columns[name]) for name in ("tariff_band", "usd_per_kwh")})


def is_held(figures: Columns) -> np.ndarray[Any, Any]:
    """Whether the published columns hold all figures of a row; an unknown one is NULL there."""
    held = [np.nan_to_num(np.abs(values)) < UNHELD_OF.get(name, UNHELD) for name, values in figures.items()]
    return np.asarray(np.all(held, axis=0))


def _is_unquoted(rows: pa.Table, nodes_peak: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Whether the fleet is larger than the capacity block that was quoted; elsewhere a list price holds for any."""
    is_block = pc.starts_with(rows["purchase_option"], "capacity_block").fill_null(fill_value=False)
    unquoted: np.ndarray[Any, Any] = is_block.to_numpy(zero_copy_only=False) & (nodes_peak > BLOCK_NODES)
    return unquoted


def input_rows(
    con: duckdb.DuckDBPyConnection, tables: Tables, inputs: str = COST_INPUT
) -> Iterator[tuple[pa.Table, Columns]]:
    """Joined rows of every (scenario, option), and the input columns of :func:`costmodel.evaluate` in them.

    Args:
        con: connection that sees all `tables`.
        tables: as for :func:`cost_rows`.
        inputs: statement of the joined rows: COST_INPUT, or some of its rows, or with more columns.

    Yields:
        Some scenarios at a time, ordered by scenario and option.
    """
    profiles, assumptions = demand_profiles(con, tables), assumption_table(con, tables)
    for part in parts(con, tables):
        rows = joined_rows(con, part, inputs)
        yield rows, model_columns(rows, profiles, assumptions)


def joined_rows(con: duckdb.DuckDBPyConnection, tables: Tables, inputs: str) -> pa.Table:
    """Joined rows of all the scenarios in `tables` at once, ordered by scenario and option; see :func:`input_rows`."""
    return con.execute(f"select * from ({named(tables, inputs)}) order by scenario_id, option_id").to_arrow_table()


def parts(con: duckdb.DuckDBPyConnection, tables: Tables) -> Iterator[Tables]:
    """The tables with some of the scenarios each, for about PART_ROWS rows.

    One stream over all of them would hold as little in memory, but DuckDB 1.5.5 has been seen to wait for ever for
    the reader of such a stream.
    """
    count = "select (select count(*) from {scenario}), (select count(*) from {option})"
    ((scenarios, options),) = con.execute(named(tables, count)).fetchall()
    size = max(1, PART_ROWS // max(1, options))
    for start in range(0, scenarios, size):
        some = f"(select * from {tables['scenario']} order by scenario_id limit {size} offset {start})"
        yield {**tables, "scenario": some}


def model_columns(
    joined: pa.Table | pa.RecordBatch, profiles: Columns, assumptions: Mapping[str, Assumption]
) -> Columns:
    """Input columns of :func:`costmodel.evaluate` in joined rows, and ``tariff_band``, a text.

    Args:
        joined: rows of COST_INPUT.
        profiles: as :func:`demand_profiles` gives them.
        assumptions: as :func:`assumption_table` gives them.
    """
    wanted = ("deployment", "billing", "tariff_band", *(c.name for c in INPUTS))
    rows = numpy_columns(joined.select([name for name in wanted if name in joined.schema.names]))
    names = joined.column("demand_profile").to_pylist()
    rows |= {PROFILE.name: np.array([profiles[name] for name in names]).reshape(len(names), hours(profiles))}
    rows = _at_own_volume(rows, joined.column("egress_usd_per_gb_by_tier"), assumptions)
    return _at_own_band(rows, joined.column("usd_per_kwh_by_band").to_pylist(), assumptions)


def _at_own_volume(rows: Columns, tiers_of: pa.ChunkedArray, assumptions: Mapping[str, Assumption]) -> Columns:
    """Put the egress of a month at the average of the tiers that it goes through; rows of one tier alone stay.

    Args:
        rows: input columns.
        tiers_of: the tiers of each row's region in JSON, as in ``option.egress_usd_per_gb_by_tier``.
        assumptions: by name.
    """
    distinct = tiers_of.combine_chunks().dictionary_encode()
    if not len(distinct.dictionary):
        return rows
    tier_of = distinct.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    bytes_per_day = rows["requests_per_day"] * rows["output_tokens"] * assumptions["egress_bytes_per_token"].value
    gb_per_month = bytes_per_day / BYTES_PER_GB / MONTHS_PER_DAY
    price = np.array(rows["egress_usd_per_gb"], dtype=float)
    for number, text in enumerate(distinct.dictionary.to_pylist()):
        here = tier_of == number
        starts, prices = zip(*json.loads(text), strict=True)
        price[here] = tiers.mean_price(starts, prices, gb_per_month[here])
    return rows | {"egress_usd_per_gb": price}


def _at_own_band(rows: Columns, bands_of: Sequence[str | None], assumptions: Mapping[str, Assumption]) -> Columns:
    """Put own sites on the tariff's band of the energy that they use; rows of one band alone stay.

    Args:
        rows: input columns.
        bands_of: the bands of each row's tariff in JSON, as in ``option.usd_per_kwh_by_band``; None: one band alone.
        assumptions: by name.
    """
    several = np.flatnonzero([bands is not None for bands in bands_of])
    if not several.size:
        return rows
    costs = evaluate({name: values[several] for name, values in rows.items()}, assumptions, draws=0)
    mwh_per_year = costs["kwh_per_day"] * DAYS_PER_YEAR / 1e3
    known = np.isfinite(mwh_per_year)
    text = np.array([bands_of[row] for row in several[known]], dtype=object)
    rows = rows | {name: rows[name].copy() for name in BAND_COLUMNS}
    for bands in np.unique(text):
        table = {
            name: np.array([band[name] for band in json.loads(bands)]) for name in ("from_mwh_per_year", *BAND_COLUMNS)
        }
        here = text == bands
        chosen = tariff.band_at(table["from_mwh_per_year"], mwh_per_year[known][here])
        for name in BAND_COLUMNS:
            rows[name][several[known][here]] = table[name][chosen]
    return rows


# What a consumption band decides.
BAND_COLUMNS = ("tariff_band", "usd_per_kwh", "usd_per_kwh_low", "usd_per_kwh_high")
PLAN_COLUMNS = (
    "precision",
    "tensor_parallel",
    "expert_parallel",
    "nodes_per_replica",
    "replicas_per_node",
    "batch",
    "output_tok_s_per_replica",
    "ttft_ms",
    "itl_ms",
    "bound_by",
    "replica_seconds_per_request",
    "accelerator_watts",
)
