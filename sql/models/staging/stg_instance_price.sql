-- Tonight's accepted prices, of one source per (provider, region, price kind): see stg_price_partition.
with prices as (
    select
        *,
        {{ price_kind('part_kind') }} as price_kind,
        {{ source_rank('source', 'quality') }} as source_rank
    from {{ source('gate', 'instance_price') }}
),

best as (
    select * from {{ ref('stg_price_partition') }}
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
        prices.list_per_hour,
        prices.upfront,
        prices.term_hours,
        prices.quality,
        prices.source,
        prices.source_rank,
        prices.part_region,
        prices.part_kind,
        prices.price_kind,
        prices.source_url,
        prices.source_version,
        prices.source_key,
        prices.published_at,
        case when prices.source = 'bundled_prices' then 'bundled' else 'live' end as price_origin
    from prices
    inner join best using (provider, part_region, price_kind, source_rank)
    -- two sources of one rank may list the same price
    qualify row_number() over (
        partition by
            prices.provider, prices.region, prices.zone, prices.sku, prices.operating_system, prices.purchase_option,
            prices.currency
        order by prices.source
    ) = 1
)

select * from final
