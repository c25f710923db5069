-- Ranked options of each scenario with their place among those of their kind.
with ranked as (
    select
        *,
        {{ option_kind() }} as option_kind
    from {{ ref('daily_cost') }}
    where rank is not null
)

select
    scenario_id,
    option_id,
    option_kind,
    deployment,
    region,
    sku,
    accelerator,
    purchase_option,
    precision,
    model,
    usd_per_day::double as usd_per_day,
    rank,
    row_number() over (partition by scenario_id, option_kind order by rank)::integer as place,
    count(*) over (partition by scenario_id, option_kind)::integer as place_count
from ranked
order by scenario_id, rank
