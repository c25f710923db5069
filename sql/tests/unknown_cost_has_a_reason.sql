-- Unknown is NULL with a reason; ok is a number, and so is a cost that is told but never ranked.
select
    scenario_id,
    option_id,
    status,
    status_reason,
    usd_per_day
from {{ ref('daily_cost') }}
where
    (usd_per_day is null and coalesce(status_reason, '') = '')
    or (status = 'capacity_unknown' and coalesce(status_reason, '') = '')
    or (status = 'ok' and usd_per_day is null)
    or (status not in ('ok', 'misses_latency', 'capacity_unknown') and usd_per_day is not null)
