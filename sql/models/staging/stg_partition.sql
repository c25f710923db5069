-- One row per answer of a source tonight; `rank_in_kind` says which of two sources of the same
-- prices wins: a price list before an undocumented feed before the bundled table.
with partitions as (
    select * from {{ source('gate', 'partition') }}
),

final as (
    select
        source,
        record,
        region,
        kind,
        status,
        message,
        source_url,
        source_version,
        etag,
        dropped,
        rows as landed_rows,
        rejected as rejected_rows,
        accepted as accepted_rows,
        seconds as duration_s,
        as_of,
        cost_date
    from partitions
)

select * from final
