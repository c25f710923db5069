-- Tonight's accepted prices, of one source per (provider, region, price kind): see stg_price_partition.
{% set key = 'provider, region, zone, sku, operating_system, purchase_option, currency' %}
with prices as not materialized (
    select
        *,
        {{ price_kind('part_kind') }} as price_kind,
        {{ source_rank('source', 'quality') }} as source_rank
    from {{ source('gate', 'instance_price') }}
),

best as (
    select * from {{ ref('stg_price_partition') }}
),

-- keys of more than one row, mostly none; counted by their hash, which costs less
repeated as (
    select hash({{ key }}) as key_hash
    from {{ source('gate', 'instance_price') }}
    group by all
    having count(*) > 1
),

-- two sources of one rank may list the same price: the first by name
listed_twice as (
    select
        {{ key }},
        min(source) as first_source
    from prices
    inner join best using (provider, part_region, price_kind, source_rank)
    where hash({{ key }}) in (select key_hash from repeated)
    group by all
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
    left join listed_twice using ({{ key }})
    where coalesce(prices.source = listed_twice.first_source, true)
)

select * from final
