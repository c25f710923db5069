-- One row per answer of a source tonight, with the gate's verdict.
with partitions as (
    select * from {{ source('gate', 'partition') }}
),

final as (
    select
        source,
        record,
        region,
        kind,
        scope,
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
