-- Egress and block storage per region: the tier a service of this size pays at the margin, else the
-- provider's dated figure. An answer holds from the night that last gave or confirmed it.
with prices as (
    select
        prices.provider,
        prices.region,
        prices.service,
        prices.price * fx.usd_per_unit as usd_per_unit_sold,
        prices.source,
        {{ confirmed_on() }} as verified_on
    from {{ ref('hist_service_price') }} as prices
    inner join {{ ref('opt_fx') }} as fx using (currency)
    {{ answers_about('service_price', [
        'provider', 'region', 'service', 'product', 'unit', 'tier_start', 'currency'
    ]) }}
    where
        prices.valid_to is null and prices.price > 0
        and (
            (prices.service = 'internet_egress' and prices.unit = 'GB')
            or (prices.service = 'block_storage' and prices.unit = 'GB-month' and prices.product in ('gp3', 'premium'))
        )
    -- the first paid tier: a service of one model moves less than 10 TB of text a month
    qualify row_number() over (
        partition by prices.provider, prices.region, prices.service
        order by prices.tier_start, prices.source
    ) = 1
),

regions as (
    select
        provider,
        region
    from {{ ref('opt_region') }}
),

bundled as (
    select * from {{ ref('baseline_service_price') }}
),

final as (
    select
        regions.provider,
        regions.region,
        bundled.service,
        coalesce(prices.usd_per_unit_sold, bundled.value)::double as usd_per_unit_sold,
        case
            when prices.provider is null then 'bundled'
            when prices.verified_on < {{ cost_date() }} then 'last_known'
            else 'live'
        end as price_origin,
        coalesce(prices.verified_on, left(bundled.as_of || '-01-01', 10)::date) as price_as_of,
        greatest({{ cost_date() }} - price_as_of, 0)::integer as price_age_days,
        coalesce(prices.source, 'baseline_service_price') as source
    from regions
    inner join bundled using (provider)
    left join prices using (provider, region, service)
)

select * from final
