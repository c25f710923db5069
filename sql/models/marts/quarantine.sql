-- Rows that were refused tonight, with the reason: nothing is dropped without a word.
select
    cost_date,
    source,
    record,
    region,
    kind,
    key,
    reason,
    row as row_json
from {{ source('gate', 'quarantine') }}
where cost_date = {{ cost_date() }}
order by source, record, region, kind, key, reason, row_json
