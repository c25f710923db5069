-- The lines of each cost, each with the one source that it rests on most: a price's, a tariff's, or an assumption.
{% set components = {
    'rental': 'price_source',
    'hardware': 'price_source',
    'energy': 'tariff_source',
    'cooling': 'tariff_source',
    'facility': "if(deployment = 'colocated', 'assumption colocation_usd_per_kw_month', 'assumption building_usd_per_kw')",
    'network': "if(deployment = 'cloud', egress_source, 'assumption transit_usd_per_gb')",
    'storage': 'storage_source',
    'software': "'assumption software_usd_per_accelerator_' || if(deployment = 'cloud', 'hour', 'year')",
    'maintenance': 'price_source',
    'staff': "'assumption staff_usd_per_fte_year'",
    'tokens': 'price_source',
} %}
with options as (
    select
        option_id,
        min(source) as price_source
    from {{ ref('opt_all') }}
    group by all
),

services as (
    select
        provider,
        region,
        max(source) filter (where service = 'internet_egress') as egress_source,
        max(source) filter (where service = 'block_storage') as storage_source
    from {{ ref('opt_service_price') }}
    group by all
),

tariffs as (
    select
        tariff_zone,
        source as tariff_source
    from {{ ref('opt_tariff') }}
    where kind = 'retail'
),

costs as (
    select
        cost_row.*,
        options.price_source,
        services.egress_source,
        services.storage_source,
        tariffs.tariff_source
    from {{ ref('cost_row') }} as cost_row
    inner join options using (option_id)
    left join services using (provider, region)
    left join tariffs using (tariff_zone)
    where cost_row.usd_per_day is not null
),

registered as (
    select * from {{ ref('cost_component') }}
),

lines as (
    {% for c, source in components.items() %}
        select
            scenario_id,
            option_id,
            '{{ c }}_usd' as component,
            {{ c }}_usd as usd_per_day,
            {{ c }}_usd_low as usd_per_day_low,
            {{ c }}_usd_high as usd_per_day_high,
            {{ source }} as source
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
        registered.formula,
        lines.source
    from lines
    inner join registered using (component)
)

select * from final
order by scenario_id, option_id, component
