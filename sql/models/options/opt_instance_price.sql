-- Instance prices valid tonight, in USD, with where they come from and how old they are.
with prices as (
    select * from {{ ref('hist_instance_price') }}
    where valid_to is null
),

fx as (
    select * from {{ ref('opt_fx') }}
),

dated as (
    select
        prices.*,
        fx.usd_per_unit,
        fx.fx_date,
        fx.fx_source,
        case
            when prices.price_origin = 'bundled' then coalesce(prices.published_at::date, prices.valid_from)
            else {{ confirmed_on() }}
        end as price_as_of
    from prices
    {{ answers_about('instance_price', [
        'provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency'
    ]) }}
    left join fx using (currency)
),

final as (
    select
        provider,
        region,
        zone,
        location_type,
        sku,
        operating_system,
        purchase_option,
        currency,
        price_per_hour,
        (price_per_hour * usd_per_unit)::decimal(18, 10) as usd_per_hour,
        list_per_hour,
        upfront,
        (upfront * usd_per_unit)::decimal(18, 4) as upfront_usd,
        term_hours,
        quality,
        case
            when price_origin = 'live' and price_as_of < {{ cost_date() }} then 'last_known'
            else price_origin
        end as price_origin,
        price_as_of,
        greatest({{ cost_date() }} - price_as_of, 0)::integer as price_age_days,
        source,
        source_url,
        source_version,
        source_key,
        published_at,
        usd_per_unit,
        fx_date,
        fx_source,
        valid_from
    from dated
)

select * from final
