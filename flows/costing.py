"""From tables to the cost model and back: one path for the nightly marts and for what-ifs.

The joins are SQL on any DuckDB connection; :mod:`costmodel` gets arrays and gives arrays. Callers
name each table by a FROM expression, so that dbt models, a published database and tables made on
the spot are all the same to it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from costmodel import architecture, coefficients, power, serving
from costmodel.columns import INPUTS, PROFILE
from costmodel.evaluate import evaluate
from costmodel.measured import Measurement, override
from costmodel.serving_inputs import Node, Quantisation, Workload, from_columns
from costmodel.uncertainty import Assumption
from flows.measured import Inputs

Tables = Mapping[str, str]
Columns = dict[str, np.ndarray[Any, Any]]

BATCH_ROWS = 65_536
THREADS = 2  # the result does not depend on it
# What physics sees of an option: options of one shape share one plan.
SHAPE = ("accelerator", "accelerators_per_node", "accelerator_fraction", "scale_out_gbit_s", "server_max_power_w")

BATCH_IS_LATE = "deployment = 'api' and purchase_option = 'batch' and coalesce(ttft_p95_ms, itl_mean_ms) is not null"

# One row per (scenario, node shape, allowed precision): what costmodel.serving.plan takes.
PLAN_INPUT = """
with shapes as (
    select distinct {shape}
    from {option} where accelerator is not null
)
select
    scenario.*,
    shapes.* exclude (accelerators_per_node),
    shapes.accelerators_per_node,
    shapes.accelerators_per_node as accelerators,
    accelerator.* exclude (accelerator),
    precision.precision,
    coalesce(software_support.support, 'unknown') as support,
    measured.* exclude (model, accelerator, precision)
from {scenario} as scenario
cross join shapes
inner join {accelerator} as accelerator using (accelerator)
cross join unnest(string_split(scenario.allowed_precisions, ';')) as precision(precision)
inner join {model} as model using (model)
left join {software_support} as software_support
    on software_support.family = accelerator.family
    and software_support.architecture = model.architecture
    and software_support.precision = precision.precision
left join {measured} as measured
    on measured.model = scenario.model
    and measured.accelerator = shapes.accelerator
    and measured.precision = precision.precision
    and measured.measured_accelerators <= shapes.accelerators_per_node
    and abs(measured.measured_input_tokens / scenario.input_tokens - 1) <= 0.2
    and abs(measured.measured_output_tokens / scenario.output_tokens - 1) <= 0.2
qualify row_number() over (
    partition by scenario_id, {shapes_shape}, precision.precision
    order by measured.measured_output_tok_s / measured.measured_accelerators desc nulls last
) = 1
order by scenario_id, {shape}, precision
"""

# One row per (scenario, option): what costmodel.evaluate takes, with the best plan of its node shape.
COST_INPUT = """
with best_plan as (
    select * from {serving_plan}
    qualify row_number() over (
        partition by scenario_id, {shape}
        order by
            case status when 'ok' then 0 when 'misses_latency' then 1 else 2 end,
            replica_seconds_per_request * nodes_per_replica / replicas_per_node nulls last,
            precision
    ) = 1
),
machines as (
    select scenario.*, option.*, best_plan.* exclude (scenario_id, {shape})
    from {scenario} as scenario
    cross join {option} as option
    left join best_plan
        on best_plan.scenario_id = scenario.scenario_id
        and ({best_plan_shape}) is not distinct from ({option_shape})
    where option.deployment <> 'api'
),
apis as (
    select scenario.*, option.*, token_model.equivalence
    from {scenario} as scenario
    inner join {token_model} as token_model using (model)
    inner join {option} as option
        on option.provider = token_model.provider and option.sku = token_model.provider_model
    where option.deployment = 'api' and option.tier_start_tokens <= scenario.input_tokens
    qualify row_number() over (
        partition by scenario.scenario_id, option.option_id order by option.tier_start_tokens desc
    ) = 1
),
joined as (
    select * from machines
    union all by name
    select * from apis
)
select * replace (
    coalesce(equivalence, 'same_weights') as equivalence,
    case when deployment = 'api' then 'measured' else evidence end as evidence,
    case
        when {batch_is_late} then 'misses_latency'
        when deployment = 'api' then 'ok'
        when not deployable then 'not_offered'
        when coalesce(usd_per_hour, server_price_usd) is null then 'no_price'
        when deployment <> 'cloud' and usd_per_kwh is null then 'no_price'
        when deployment = 'cloud' and egress_usd_per_gb is null then 'no_price'
        else coalesce(status, 'not_supported')
    end as status,
    case
        when {batch_is_late} then 'a batch is answered within a day'
        when deployment = 'api' then null
        when not deployable then unavailable_reason
        when coalesce(usd_per_hour, server_price_usd) is null then 'no price is known'
        when deployment <> 'cloud' and usd_per_kwh is null then 'no electricity tariff is known'
        when deployment = 'cloud' and egress_usd_per_gb is null then 'the region is in no table'
        else nullif(status_reason, '')
    end as status_reason
)
from joined
order by scenario_id, option_id
"""


def named(tables: Tables, sql: str) -> str:
    """Fill the FROM expressions into a statement."""
    shapes = {f"{t}_shape": ", ".join(f"{t}.{c}" for c in SHAPE) for t in ("option", "best_plan", "shapes")}
    return sql.format(**tables, **shapes, shape=", ".join(SHAPE), batch_is_late=BATCH_IS_LATE)


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
        node_idle_power_w, node_load_power_w [W] and weights_gb [GB].
    """
    rows, inputs = plan_inputs(con, tables, counted)
    plan = override(serving.plan(*inputs), _measurement(rows), inputs.workload, inputs.node)
    max_power_w = numpy_columns(rows.select(["server_max_power_w"]))["server_max_power_w"]
    idle_w, load_w = power.node_power_w(inputs.node, plan.accelerator_watts, inputs.coefficients, max_power_w)
    result = {name: rows.column(name) for name in ("scenario_id", *SHAPE, "precision", "support")}
    result |= {name: _arrow(getattr(plan, name)) for name in plan.__dataclass_fields__}
    result["node_idle_power_w"] = _arrow(idle_w)
    result["node_load_power_w"] = _arrow(load_w)
    result["weights_gb"] = _arrow(serving.weights_gb(inputs.architecture, inputs.quantisation, inputs.node))
    return pa.table(result)


def _measurement(rows: pa.Table) -> Measurement:
    """The measurement that overrides the physics of each row; NaN where there is none."""
    columns = numpy_columns(rows)
    return Measurement(*(columns[f"measured_{field.name}"] for field in dataclasses.fields(Measurement)))


def cost_rows(con: duckdb.DuckDBPyConnection, tables: Tables, *, draws: int) -> Iterator[pa.RecordBatch]:
    """Daily cost of every (scenario, option), in batches of bounded size.

    Args:
        con: connection that sees all `tables`; it is read as a stream, so use it for nothing else.
        tables: FROM expressions of scenario, option, serving_plan, token_model, demand_profile and
            assumption.
        draws: Monte Carlo draws behind the intervals.
    """
    assumptions = assumption_table(con, tables)
    kept = ("scenario_id", "option_id", *PLAN_COLUMNS, "status", "status_reason", "evidence", "equivalence")
    for batch, inputs in input_rows(con, tables):
        rows = numpy_columns(batch.select(["status", "status_reason"]))
        costs = evaluate(inputs, assumptions, draws, threads=THREADS)
        served = np.isin(rows["status"].astype(str), ["ok", "misses_latency"])
        priced = served & np.isfinite(costs["usd_per_day"])
        # unknown is never 0 and never without a reason
        unknown = served & ~priced
        rows["status"][unknown], rows["status_reason"][unknown] = "no_price", "an input of the cost is unknown"
        result = {name: batch.column(name) for name in kept} | {name: _arrow(rows[name]) for name in rows}
        result |= {name: _arrow(np.where(priced, values, np.nan)) for name, values in costs.items()}
        yield pa.RecordBatch.from_pydict(result)


def input_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> Iterator[tuple[pa.RecordBatch, Columns]]:
    """Joined rows of every (scenario, option), and the input columns of :func:`costmodel.evaluate` in them."""
    profiles = demand_profiles(con, tables)
    for batch in con.sql(named(tables, COST_INPUT)).to_arrow_reader(BATCH_ROWS):
        yield batch, model_columns(batch, profiles)


def model_columns(joined: pa.Table | pa.RecordBatch, profiles: Columns) -> Columns:
    """Input columns of :func:`costmodel.evaluate` in joined rows, each with its profile of :func:`demand_profiles`."""
    rows = numpy_columns(joined)
    rows[PROFILE.name] = np.array([profiles[p] for p in rows["demand_profile"]]).reshape(-1, 24)
    wanted = ("deployment", "billing", PROFILE.name, *(c.name for c in INPUTS))
    return {name: rows[name] for name in wanted if name in rows}


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


def model_architectures(con: duckdb.DuckDBPyConnection, tables: Tables) -> dict[str, architecture.Architecture]:
    """Counted architectures of all models of the reference table."""
    configs: dict[str, dict[str, object]] = {}
    statement = "select model, model_type, attribute, value from {model_fact} order by all"
    for model, model_type, attribute, value in con.execute(named(tables, statement)).fetchall():
        configs.setdefault(model, {"model_type": model_type})[attribute] = value
    return {model: architecture.from_config(config) for model, config in configs.items()}


def coefficient_table(con: duckdb.DuckDBPyConnection, tables: Tables) -> coefficients.CoefficientTable:
    """Calibrated coefficients: family or stack -> attribute -> value."""
    table: dict[str, dict[str, float]] = {}
    statement = "select family, attribute, value from {serving_coefficient} order by all"
    for family, attribute, value in con.execute(named(tables, statement)).fetchall():
        table.setdefault(family, {})[attribute] = value
    return table


def assumption_table(con: duckdb.DuckDBPyConnection, tables: Tables) -> dict[str, Assumption]:
    """Assumptions by name."""
    statement = "select assumption, value, low, high, unit, source, as_of from {assumption} order by all"
    return {name: Assumption(*given) for name, *given in con.execute(named(tables, statement)).fetchall()}


def demand_profiles(con: duckdb.DuckDBPyConnection, tables: Tables) -> dict[str, np.ndarray[Any, Any]]:
    """Share of the day's requests by hour, shape (24,), by profile."""
    statement = "select profile, list(share_of_day order by hour) from {demand_profile} group by profile"
    return {p: np.array(shares, float) for p, shares in con.execute(named(tables, statement)).fetchall()}


def numpy_columns(table: pa.Table | pa.RecordBatch) -> Columns:
    """Numbers as float64 with NaN for unknown, text as objects."""
    return {name: _numpy(table.column(name)) for name in table.schema.names}


def _numpy(column: Any) -> np.ndarray[Any, Any]:
    kind = column.type
    if pa.types.is_boolean(kind) or pa.types.is_decimal(kind) or pa.types.is_integer(kind):
        column = column.cast(pa.float64())
    values: np.ndarray[Any, Any] = column.to_numpy(zero_copy_only=False)
    return values


def _arrow(values: np.ndarray[Any, Any]) -> pa.Array:
    """An array as an Arrow column; NaN, the unknown, becomes NULL."""
    return pa.array(values.tolist()) if values.dtype == object else pa.array(values, from_pandas=True)
