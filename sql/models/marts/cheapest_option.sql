-- Best ranked option of each scenario by kind of deployment.
with ranked as (
    select * from {{ ref('daily_cost') }}
    where rank is not null
),

final as (
    select
        cost_date,
        scenario_id,
        {{ option_kind() }} as option_kind,
        option_id,
        rank,
        usd_per_day,
        usd_per_day_low,
        usd_per_day_high,
        price_origin,
        price_age_days
    from ranked
    qualify row_number() over (partition by scenario_id, option_kind order by rank) = 1
)

select * from final
order by scenario_id, option_kind
