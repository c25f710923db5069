"""The joins of the cost model's inputs, as SQL that runs on any DuckDB connection.

Callers name each table by a FROM expression, so that dbt models, a published database and tables made on the spot are
all the same to it.
"""

from __future__ import annotations

from collections.abc import Mapping

Tables = Mapping[str, str]

# What physics sees of an option: options of one shape share one plan.
SHAPE = (
    "accelerator",
    "accelerators_per_node",
    "accelerator_fraction",
    "scale_out_gbit_s",
    "server_max_power_w",
    "server_idle_power_w",
)

BATCH_IS_LATE = "deployment = 'api' and purchase_option = 'batch' and coalesce(ttft_p95_ms, itl_mean_ms) is not null"
# What a person should know of a rank: an API's seller promises neither.
API_UNKNOWNS = """'not published: ' || nullif(concat_ws(', ',
    if(coalesce(ttft_p95_ms, itl_mean_ms) is not null, 'latency', null),
    if(precision is null, 'number format', null)
), '')"""

# One row per (scenario, node shape, allowed precision): what costmodel.serving.plan takes. The busiest hour is that of
# the scenario's ratio, the mean hour without one: it chooses between plans, the bill knows the profile's own hours. A
# person's own measurement of an accelerator stands for all formats there: the physics of another format must not win
# over it.
PLAN_INPUT = """
with shapes as (
    select distinct {shape}
    from {option} where accelerator is not null
)
select
    scenario.*,
    scenario.requests_per_day / 86400 * coalesce(scenario.peak_to_average_ratio, 1) as peak_requests_per_s,
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
-- of several measurements the fastest that meets the target; where one fits, no other format is left to the physics
qualify row_number() over (
    partition by scenario_id, {shapes_shape}, precision.precision
    order by
        coalesce(measured.measured_itl_ms > scenario.itl_mean_ms, false),
        measured.measured_output_tok_s / measured.measured_accelerators desc nulls last
) = 1
and (
    measured.measured_output_tok_s is not null
    or max(measured.measured_output_tok_s) over (partition by scenario_id, {shapes_shape}) is null
)
order by scenario_id, {shape}, precision
"""

# One row per (scenario, option), in no order: what costmodel.evaluate takes, with the best plan of its node shape.
COST_INPUT = """
with best_plan as (
    select * from {serving_plan}
    qualify row_number() over (
        partition by scenario_id, {shape}
        order by
            case status when 'ok' then 0 when 'misses_latency' then 1 else 2 end,
            peak_nodes nulls last,
            replica_seconds_per_request * nodes_per_replica / replicas_per_node nulls last,
            precision
    ) = 1
),
machines as (
    select scenario.*, option.*, best_plan.* exclude (scenario_id, {shape}, peak_nodes)
    from {scenario} as scenario
    cross join {option} as option
    left join best_plan
        on best_plan.scenario_id = scenario.scenario_id
        and ({best_plan_shape}) is not distinct from ({option_shape})
    where option.deployment <> 'api'
),
apis as (
    select
        scenario.*,
        option.*,
        nullif(token_model.precision, 'unknown') as precision,
        case
            when token_model.equivalence = 'same_weights'
                and not list_contains(string_split(scenario.allowed_precisions, ';'), token_model.precision)
                and token_model.precision <> 'unknown'
                then 'other_precision'
            else token_model.equivalence
        end as equivalence
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
        when deployment = 'api' then {api_unknowns}
        when not deployable then unavailable_reason
        when coalesce(usd_per_hour, server_price_usd) is null then 'no price is known'
        when deployment <> 'cloud' and usd_per_kwh is null then 'no electricity tariff is known'
        when deployment = 'cloud' and egress_usd_per_gb is null then 'the region is in no table'
        else nullif(status_reason, '')
    end as status_reason
)
from joined
"""


def named(tables: Tables, sql: str) -> str:
    """Fill the FROM expressions into a statement."""
    shapes = {f"{t}_shape": ", ".join(f"{t}.{c}" for c in SHAPE) for t in ("option", "best_plan", "shapes")}
    parts = {"shape": ", ".join(SHAPE), "batch_is_late": BATCH_IS_LATE, "api_unknowns": API_UNKNOWNS}
    return sql.format(**tables, **shapes, **parts)
