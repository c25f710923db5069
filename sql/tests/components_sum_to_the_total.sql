-- The lines of a cost add up to it, to the last digit.
with lines as (
    select
        scenario_id,
        option_id,
        sum(usd_per_day) as lines_usd_per_day
    from {{ ref('daily_cost_component') }}
    group by all
)

select
    costs.scenario_id,
    costs.option_id,
    costs.usd_per_day,
    lines.lines_usd_per_day
from {{ ref('daily_cost') }} as costs
left join lines using (scenario_id, option_id)
where costs.usd_per_day is not null and costs.usd_per_day is distinct from lines.lines_usd_per_day
