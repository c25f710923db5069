-- Egress and block storage per region: the first paid tier, and all tiers beside it; else the provider's dated
-- figures. An answer holds from the night that last gave or confirmed it.
with prices as (
    select
        prices.provider,
        prices.region,
        prices.service,
        prices.tier_start,
        (prices.price * fx.usd_per_unit)::double as usd_per_unit_sold,
        prices.source,
        {{ confirmed_on() }} as verified_on
    from {{ ref('hist_service_price') }} as prices
    inner join {{ ref('opt_fx') }} as fx using (currency)
    {{ answers_about('service_price', [
        'provider', 'region', 'service', 'product', 'unit', 'tier_start', 'currency'
    ]) }}
    where
        prices.valid_to is null
        -- what an account has for nothing, its other traffic uses
        and prices.price > 0
        and (
            (prices.service = 'internet_egress' and prices.unit = 'GB')
            or (prices.service = 'block_storage' and prices.unit = 'GB-month' and prices.product in ('gp3', 'premium'))
        )
    qualify dense_rank() over (
        partition by prices.provider, prices.region, prices.service
        order by prices.source, prices.product
    ) = 1
),

regions as (
    select
        provider,
        region
    from {{ ref('opt_region') }}
),

bundled as (
    select
        provider,
        service,
        tier_start,
        value::double as usd_per_unit_sold,
        'baseline_service_price' as source,
        {{ first_day('as_of') }} as verified_on
    from {{ ref('baseline_service_price') }}
),

tiers as (
    select * from prices
    union all by name
    select
        regions.region,
        bundled.*
    from regions
    inner join bundled using (provider)
    anti join prices using (provider, region, service)
),

final as (
    select
        provider,
        region,
        service,
        arg_min(usd_per_unit_sold, tier_start) as usd_per_unit_sold,
        case
            when count(*) > 1
                then to_json(list([tier_start, usd_per_unit_sold] order by tier_start))::varchar
        end as usd_per_unit_by_tier,
        case
            when any_value(source) = 'baseline_service_price' then 'bundled'
            when min(verified_on) < {{ cost_date() }} then 'last_known'
            else 'live'
        end as price_origin,
        min(verified_on) as price_as_of,
        greatest({{ cost_date() }} - min(verified_on), 0)::integer as price_age_days,
        any_value(source) as source
    from tiers
    group by provider, region, service
)

select * from final
