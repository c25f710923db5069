-- Where a second source of the same list tells another price: the bulk file stays, the difference is shown.
with listed as (
    select * from {{ ref('hist_instance_price') }}
    where valid_to is null and source in ('aws_prices', 'aws_savings_plans')
),

second as (
    select * from {{ source('gate', 'instance_price') }}
    where source in ('aws_query_prices', 'aws_query_plans', 'aws_web_prices')
),

final as (
    select
        {{ cost_date() }} as cost_date,
        listed.provider,
        listed.region,
        listed.zone,
        listed.sku,
        listed.operating_system,
        listed.purchase_option,
        listed.currency,
        listed.source,
        listed.price_per_hour,
        second.source as second_source,
        second.price_per_hour as second_price_per_hour,
        listed.source_key,
        second.source_key as second_source_key
    from listed
    inner join second using (provider, region, zone, sku, operating_system, purchase_option, currency)
    where listed.price_per_hour <> second.price_per_hour
)

select * from final
order by provider, region, zone, sku, operating_system, purchase_option, currency, second_source
