-- Prices that moved tonight: a new row where an older one of the same key was closed.
with prices as (
    select * from {{ ref('hist_instance_price') }}
),

opened as (
    select * from prices where valid_from = {{ cost_date() }}
),

closed as (
    select * from prices where valid_to = {{ cost_date() }}
),

-- nights before tonight; old prices alone may have been filled in later
nights as (
    select cost_date from {{ ref('hist_partition') }} where cost_date < {{ cost_date() }}
),

final as (
    select
        {{ cost_date() }} as change_date,
        coalesce(opened.provider, closed.provider) as provider,
        coalesce(opened.region, closed.region) as region,
        coalesce(opened.zone, closed.zone) as zone,
        coalesce(opened.sku, closed.sku) as sku,
        coalesce(opened.operating_system, closed.operating_system) as operating_system,
        coalesce(opened.purchase_option, closed.purchase_option) as purchase_option,
        coalesce(opened.currency, closed.currency) as currency,
        closed.price_per_hour as old_price_per_hour,
        opened.price_per_hour as new_price_per_hour,
        case
            when opened.price_per_hour is null then 'gone'
            when closed.price_per_hour is null then 'new'
            when closed.price_origin = 'bundled' and opened.price_origin = 'live' then 'first_live'
            when opened.price_per_hour = closed.price_per_hour then 'terms'
            else 'price'
        end as change_kind
    from opened
    full outer join closed
        using (provider, region, zone, sku, operating_system, purchase_option, currency)
    -- a first load is no change
    where closed.sku is not null or exists (select 1 from nights)
)

select * from final
order by provider, region, zone, sku, operating_system, purchase_option, currency
