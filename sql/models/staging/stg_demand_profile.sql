-- Requests of each hour over those of a mean day: 24 hours, or 168 of a week; those of costwatt.toml come beside the
-- reference table.
with bundled as (
    select * from {{ ref('demand_profile') }}
),

given as (
    select * from {{ source('landing', 'given_demand_profile') }}
),

final as (
    select
        profile,
        hour,
        share_of_day,
        source,
        as_of
    from bundled
    union all
    select
        profile,
        hour,
        share_of_day,
        'costwatt.toml' as source,
        '' as as_of
    from given
)

select * from final
