-- Spot of a region today: the mean of its zones on the newest day known, as rows like those of other
-- purchase options. An API's measured history wins over a public snapshot of up to three days later.
with spot as (
    select
        *,
        quality = 'measured' and price_date >= max(price_date) over (
            partition by provider, region, sku, operating_system
        ) - 3 as is_measured_lately
    from {{ ref('hist_spot_price') }}
    where valid_to is null and price_date <= {{ cost_date() }}
),

newest as (
    select *
    from spot
    qualify dense_rank() over (
        partition by provider, region, sku, operating_system
        order by is_measured_lately desc, price_date desc, quality = 'measured' desc, source asc
    ) = 1
),

fx as (
    select * from {{ ref('opt_fx') }}
),

answers as (
    select * from {{ ref('opt_answer') }} where record = 'spot_price'
),

final as (
    select
        newest.provider,
        newest.region,
        '' as zone,
        'region' as location_type,
        newest.sku,
        newest.operating_system,
        'spot' as purchase_option,
        newest.currency,
        avg(newest.price_per_hour)::decimal(18, 10) as price_per_hour,
        (avg(newest.price_per_hour) * any_value(fx.usd_per_unit))::decimal(18, 10) as usd_per_hour,
        any_value(newest.quality) as quality,
        -- a source that answered tonight tells of yesterday, or of the day before where its day is not over
        case
            when max(answers.verified_on) < {{ cost_date() }} or max(answers.verified_on) is null then 'last_known'
            when max(newest.price_date) < {{ cost_date() }} - 2 then 'last_known'
            else 'live'
        end as price_origin,
        max(newest.price_date) as price_as_of,
        greatest({{ cost_date() }} - max(newest.price_date), 0)::integer as price_age_days,
        newest.source,
        any_value(newest.source_url) as source_url,
        any_value(newest.source_version) as source_version,
        'mean of ' || count(*) || ' zones on ' || max(newest.price_date) as source_key,
        any_value(fx.usd_per_unit) as usd_per_unit,
        any_value(fx.fx_date) as fx_date,
        any_value(fx.fx_source) as fx_source
    from newest
    inner join fx using (currency)
    left join answers using (source, part_region, part_kind)
    group by all
)

select * from final
