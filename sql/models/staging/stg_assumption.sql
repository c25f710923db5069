-- The reference table, with the ranges of costwatt.toml in place of its own.
with bundled as (
    select * from {{ ref('assumption') }}
),

given as (
    select * from {{ source('landing', 'given_assumption') }}
),

final as (
    select
        bundled.assumption,
        coalesce(given.value, bundled.value) as value,
        coalesce(given.low, bundled.low) as low,
        coalesce(given.high, bundled.high) as high,
        bundled.unit,
        case when given.assumption is null then bundled.source else 'costwatt.toml' end as source,
        bundled.as_of,
        bundled.description
    from bundled
    left join given using (assumption)
)

select * from final
