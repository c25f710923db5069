{% set components = ['rental', 'hardware', 'energy', 'cooling', 'facility', 'network', 'storage', 'software',
    'maintenance', 'staff', 'tokens'] %}
with costs as (
    select * from {{ ref('cost_row') }}
    where usd_per_day is not null
),

registered as (
    select * from {{ ref('cost_component') }}
),

lines as (
    {% for c in components %}
        select
            scenario_id,
            option_id,
            '{{ c }}_usd' as component,
            {{ c }}_usd as usd_per_day,
            {{ c }}_usd_low as usd_per_day_low,
            {{ c }}_usd_high as usd_per_day_high
        from costs
        where {{ c }}_usd <> 0 or {{ c }}_usd_high <> 0
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

final as (
    select
        {{ cost_date() }} as cost_date,
        lines.scenario_id,
        lines.option_id,
        lines.component,
        registered.cost_class,
        lines.usd_per_day,
        lines.usd_per_day_low,
        lines.usd_per_day_high,
        registered.formula
    from lines
    inner join registered using (component)
)

select * from final
order by scenario_id, option_id, component
