-- The last night in which each part of a source answered, be it that nothing changed.
select
    record,
    source,
    region as part_region,
    kind as part_kind,
    max(cost_date) as verified_on
from {{ ref('hist_partition') }}
where status in ('complete', 'unchanged')
group by all
