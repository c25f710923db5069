-- Every (scenario, option) row with its money as DECIMAL: the total is the exact sum of its components.
-- A view: its three readers compute it in less time than it takes to write.
{{ config(materialized='view') }}

{% set components = ['rental', 'hardware', 'energy', 'cooling', 'facility', 'network', 'storage', 'software',
    'maintenance', 'staff', 'tokens'] %}
with costs as (
    select * from {{ ref('option_cost') }}
),

scenarios as (
    select * from {{ ref('stg_scenario') }}
),

-- a price tier of an API is one option; all else about it is the same
options as (
    select * exclude (tier_start_tokens)
    from {{ ref('opt_all') }}
    qualify row_number() over (partition by option_id order by tier_start_tokens) = 1
),

services as (
    select
        provider,
        region,
        max({{ origin_rank('price_origin') }}) as service_rank,
        min(price_as_of) as service_as_of
    from {{ ref('opt_service_price') }}
    group by all
),

tariffs as (
    select
        tariff_zone,
        tariff_origin,
        observed_date
    from {{ ref('opt_tariff') }}
    where kind = 'retail'
),

assumptions as (
    select md5(string_agg(concat_ws('|', assumption, value, low, high), ';' order by assumption)) as assumption_hash
    from {{ ref('stg_assumption') }}
),

-- rent and building: the only prices among the assumptions; one given in costwatt.toml has no date
facilities as (
    select
        if(assumption = 'colocation_usd_per_kw_month', 'colocated', 'owned') as deployment,
        {{ first_day('as_of') }} as facility_as_of
    from {{ ref('stg_assumption') }}
    where assumption in ('colocation_usd_per_kw_month', 'building_usd_per_kw') and source <> 'costwatt.toml'
),

money as (
    select
        costs.* exclude (usd_per_day, list_usd_per_day) replace (
            costs.usd_per_kwh::decimal(18, 10) as usd_per_kwh,
            {% for c in components -%}
                costs.{{ c }}_usd::decimal(18, 4) as {{ c }}_usd,
                costs.{{ c }}_usd_low::decimal(18, 4) as {{ c }}_usd_low,
                costs.{{ c }}_usd_high::decimal(18, 4) as {{ c }}_usd_high,
            {% endfor -%}
            costs.usd_per_day_p50::decimal(18, 4) as usd_per_day_p50,
            costs.usd_per_day_low::decimal(18, 4) as usd_per_day_low,
            costs.usd_per_day_high::decimal(18, 4) as usd_per_day_high
        ),
        -- what was negotiated: nothing where there is no discount, whatever the components round to
        (costs.list_usd_per_day - costs.usd_per_day)::decimal(18, 4) as discount_usd
    from costs
),

summed as (
    select
        *,
        {% for c in components -%}
            {{ c }}_usd {{ '+' if not loop.last }}
        {%- endfor %} as usd_per_day
    from money
),

joined as (
    select
        summed.* exclude (upfront_usd, discount_usd),
        (summed.usd_per_day + summed.discount_usd)::decimal(18, 4) as list_usd_per_day,
        summed.upfront_usd::decimal(18, 4) as upfront_usd,
        scenarios.scenario_hash,
        scenarios.interruption_tolerated,
        scenarios.allowed_precisions,
        scenarios.requests_per_day,
        scenarios.model,
        assumptions.assumption_hash,
        options.deployment,
        options.provider,
        options.region,
        options.sku,
        options.purchase_option,
        options.accelerator,
        options.accelerators_per_node,
        options.tariff_zone,
        options.quality,
        -- worst origin and oldest date over the components that make more than a twentieth of the total
        {{ worst_of_ranks([
            origin_rank('options.price_origin'),
            'if(network_usd + storage_usd > 0.05 * summed.usd_per_day, services.service_rank, null)',
            'if(energy_usd + cooling_usd > 0.05 * summed.usd_per_day, ' ~ origin_rank('tariffs.tariff_origin') ~ ', null)',
        ]) }} as price_origin,
        least(
            options.price_as_of,
            if(network_usd + storage_usd > 0.05 * summed.usd_per_day, services.service_as_of, null),
            if(energy_usd + cooling_usd > 0.05 * summed.usd_per_day, tariffs.observed_date, null),
            if(facility_usd > 0.05 * summed.usd_per_day, facilities.facility_as_of, null)
        ) as price_as_of
    from summed
    inner join scenarios using (scenario_id)
    inner join options using (option_id)
    left join services using (provider, region)
    left join tariffs using (tariff_zone)
    left join facilities using (deployment)
    cross join assumptions
),

final as (
    select
        *,
        greatest({{ cost_date() }} - price_as_of, 0)::integer as price_age_days,
        status = 'ok'
        and evidence in ('measured', 'family')
        and quality in ('list', 'quoted', 'measured')
        and equivalence = 'same_weights'
        and (purchase_option <> 'spot' or interruption_tolerated)
        and usd_per_day is not null as is_rankable
    from joined
)

select * from final
