-- A priced row costs something and no more than at list prices, and P5 <= P50 <= P95. That the cost at base values lies
-- between them too is usual and no rule: where many figures of a costwatt.toml err to one side only, it lies outside.
select
    scenario_id,
    option_id,
    usd_per_day,
    list_usd_per_day,
    usd_per_day_low,
    usd_per_day_p50,
    usd_per_day_high
from {{ ref('daily_cost') }}
where
    usd_per_day <= 0
    or usd_per_day > list_usd_per_day
    or usd_per_day_low > usd_per_day_p50
    or usd_per_day_p50 > usd_per_day_high
    or (usd_per_day is not null and usd_per_day_p50 is null)
