-- Tonight's complete answers about instance prices, the best source of each (provider, region, price
-- kind): the price list before an undocumented feed before the bundled table. An answer without rows
-- is an answer too: nothing is sold there.
with prices as (
    select distinct
        provider,
        part_region,
        {{ price_kind('part_kind') }} as price_kind,
        {{ source_rank('source', 'quality') }} as source_rank
    from {{ source('gate', 'instance_price') }}
),

-- a source without rows tells of its quality by nothing; those without documentation are no price list
empty as (
    select distinct
        split_part(source, '_', 1) as provider,
        region as part_region,
        {{ price_kind('kind') }} as price_kind,
        {{ source_rank('source', "if(source in ('aws_web_prices', 'aws_spot_feed'), 'undocumented', 'list')") }}
            as source_rank
    from {{ ref('stg_partition') }}
    where record = 'instance_price' and status = 'complete' and landed_rows = 0 and source <> 'bundled_prices'
),

answers as (
    select * from prices
    union
    select * from empty
),

final as (
    select
        provider,
        part_region,
        price_kind,
        min(source_rank) as source_rank
    from answers
    group by all
)

select * from final
