-- Tonight's accepted prices, one source per (provider, region, price kind): the price list wins over
-- an undocumented feed, and the bundled table serves only where no live row was ever known.
with prices as (
    select * from {{ source('gate', 'instance_price') }}
),

ranked as (
    select
        *,
        case
            when source = 'bundled_prices' then 3
            when quality = 'undocumented' then 2
            else 1
        end as source_rank
    from prices
),

best as (
    select
        provider,
        part_region,
        part_kind,
        min(source_rank) as source_rank
    from ranked
    group by all
),

final as (
    select
        ranked.provider,
        ranked.region,
        ranked.zone,
        ranked.location_type,
        ranked.sku,
        ranked.operating_system,
        ranked.purchase_option,
        ranked.currency,
        ranked.price_per_hour,
        ranked.list_per_hour,
        ranked.upfront,
        ranked.term_hours,
        ranked.quality,
        ranked.source,
        ranked.source_rank,
        ranked.part_region,
        ranked.part_kind,
        ranked.source_url,
        ranked.source_version,
        ranked.source_key,
        ranked.published_at,
        case when ranked.source = 'bundled_prices' then 'bundled' else 'live' end as price_origin
    from ranked
    inner join best using (provider, part_region, part_kind, source_rank)
)

select * from final
