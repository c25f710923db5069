-- Instance prices valid tonight, in USD, with where they come from and how old they are.
with prices as (
    select * from {{ ref('hist_instance_price') }}
    where valid_to is null
),

-- "unchanged" stands for the last whole answer, with what was refused in it
answered as (
    select
        source,
        region as part_region,
        kind as part_kind,
        cost_date,
        max(cost_date) filter (where status = 'complete')
            over (partition by source, region, kind order by cost_date) as whole_on
    from {{ ref('hist_partition') }}
    where record = 'instance_price' and status in ('complete', 'unchanged')
),

verified as (
    select
        source,
        part_region,
        part_kind,
        max(cost_date) as verified_on
    from answered
    group by all
),

-- a price whose successor was refused is known since the last night that confirmed it
held as (
    select
        source,
        region as part_region,
        kind as part_kind,
        key as price_key,
        cost_date
    from {{ source('gate', 'quarantine') }}
    where held and record = 'instance_price'
),

held_key as (
    select distinct
        source,
        part_region,
        part_kind,
        price_key
    from held
),

confirmed as (
    select
        held_key.*,
        max(answered.cost_date) filter (where held.cost_date is null) as confirmed_on
    from held_key
    inner join answered using (source, part_region, part_kind)
    left join held
        on
            answered.whole_on = held.cost_date
            and held_key.source = held.source
            and held_key.price_key = held.price_key
    group by all
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
            when confirmed.source is not null then coalesce(confirmed.confirmed_on, prices.valid_from)
            else coalesce(verified.verified_on, prices.valid_from)
        end as price_as_of
    from prices
    left join verified using (source, part_region, part_kind)
    left join confirmed
        on
            prices.source = confirmed.source
            and prices.part_region = confirmed.part_region
            and prices.part_kind = confirmed.part_kind
            and concat_ws(
                '/', prices.provider, prices.region, prices.zone, prices.sku, prices.operating_system,
                prices.purchase_option, prices.currency
            ) = confirmed.price_key
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
