-- Tonight's complete answers about instance prices, the best source of each (provider, region, kind);
-- an answer without rows is an answer too: nothing is sold there.
with prices as (
    select * from {{ ref('stg_instance_price') }}
),

partitions as (
    select * from {{ ref('stg_partition') }}
),

with_rows as (
    select distinct
        provider,
        part_region,
        part_kind,
        source_rank
    from prices
),

without_rows as (
    select distinct
        split_part(source, '_', 1) as provider,
        region as part_region,
        kind as part_kind,
        1 as source_rank
    from partitions
    where record = 'instance_price' and status = 'complete' and landed_rows = 0 and source <> 'bundled_prices'
),

final as (
    select * from with_rows
    union all
    select without_rows.* from without_rows
    anti join with_rows using (provider, part_region, part_kind)
)

select * from final
