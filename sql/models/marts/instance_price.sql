-- Every price that was ever known, in USD at the rate of its first night.
with prices as (
    select * from {{ ref('hist_instance_price') }}
),

first_nights as (
    select distinct valid_from as rate_day
    from prices
),

rates as (
    {{ usd_rates_on('first_nights') }}
),

final as (
    select
        prices.provider,
        prices.region,
        prices.zone,
        prices.location_type,
        prices.sku,
        prices.operating_system,
        prices.purchase_option,
        prices.currency,
        prices.price_per_hour,
        (prices.price_per_hour * rates.usd_per_unit)::decimal(18, 10) as usd_per_hour,
        prices.list_per_hour,
        prices.upfront,
        prices.term_hours,
        prices.quality,
        prices.price_origin,
        prices.source,
        prices.source_url,
        prices.source_version,
        prices.source_key,
        prices.published_at,
        rates.usd_per_unit,
        rates.fx_date,
        rates.fx_source,
        prices.valid_from,
        prices.valid_to
    from prices
    left join rates on prices.valid_from = rates.rate_day and prices.currency = rates.currency
)

select * from final
order by provider, region, zone, sku, operating_system, purchase_option, currency, valid_from
