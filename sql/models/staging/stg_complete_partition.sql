-- Tonight's complete answers of every source, as history closes rows by them.
select distinct
    source,
    region as part_region,
    kind as part_kind
from {{ ref('stg_partition') }}
where status = 'complete'
