-- The one figure per day of each scenario: its best ranked option, by class of cost.
with best as (
    select * from {{ ref('daily_cost') }}
    where rank = 1
),

classes as (
    select
        scenario_id,
        option_id,
        sum(usd_per_day) filter (where cost_class = 'hardware') as hardware_class_usd,
        sum(usd_per_day) filter (where cost_class = 'software') as software_class_usd,
        sum(usd_per_day) filter (where cost_class = 'labour') as labour_class_usd,
        sum(usd_per_day) filter (where cost_class = 'energy') as energy_class_usd,
        sum(usd_per_day) filter (where cost_class = 'network') as network_class_usd,
        sum(usd_per_day) filter (where cost_class = 'tokens') as tokens_class_usd
    from {{ ref('daily_cost_component') }}
    group by all
),

final as (
    select
        best.cost_date,
        best.scenario_id,
        best.option_id,
        best.usd_per_day,
        best.usd_per_day_low,
        best.usd_per_day_high,
        {% for class in ['hardware', 'software', 'labour', 'energy', 'network', 'tokens'] -%}
            coalesce(classes.{{ class }}_class_usd, 0)::decimal(18, 4) as {{ class }}_class_usd,
        {% endfor -%}
        best.price_origin,
        best.price_age_days
    from best
    left join classes using (scenario_id, option_id)
)

select * from final
order by scenario_id
