with prices as (
    select * from {{ ref('opt_instance_price') }}
),

nodes as (
    select * from {{ ref('stg_node_type') }}
),

availability as (
    select * from {{ ref('opt_availability') }}
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
        prices.usd_per_hour,
        prices.list_per_hour,
        prices.upfront,
        prices.upfront_usd,
        prices.term_hours,
        prices.quality,
        prices.price_origin,
        prices.price_as_of,
        prices.price_age_days,
        coalesce(nodes.deployable, true) and coalesce(availability.available, true) as available,
        case
            when not nodes.deployable then 'the provider does not deploy this size any more'
            when not availability.available then coalesce(availability.unavailable_reason, 'not offered there')
        end as unavailable_reason,
        prices.source,
        prices.source_url,
        prices.source_version,
        prices.source_key,
        prices.published_at,
        prices.usd_per_unit,
        prices.fx_date,
        prices.fx_source,
        prices.valid_from
    from prices
    left join nodes using (provider, sku)
    left join availability using (provider, region, sku)
)

select * from final
order by provider, region, zone, sku, operating_system, purchase_option, currency
