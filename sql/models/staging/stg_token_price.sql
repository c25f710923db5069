with prices as (
    select * from {{ source('gate', 'token_price') }}
),

-- a catalogue dates itself as a whole where its rows carry no date
partitions as (
    select
        source,
        region as part_region,
        kind as part_kind,
        as_of::timestamptz as as_of
    from {{ source('gate', 'partition') }}
    where record = 'token_price'
),

final as (
    select prices.* replace (coalesce(prices.published_at, partitions.as_of) as published_at)
    from prices
    left join partitions using (source, part_region, part_kind)
)

select * from final
