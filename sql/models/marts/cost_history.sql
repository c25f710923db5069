-- What each scenario cost per day on each option, through the nights: a row only where it changed.
select
    scenario_id,
    option_id,
    status,
    usd_per_day,
    usd_per_day_low,
    usd_per_day_high,
    kwh_per_day,
    kgco2e_per_day,
    model_version,
    coalesce(is_backfilled, false) as is_backfilled,
    valid_from,
    valid_to
from {{ ref('hist_cost') }}
order by scenario_id, option_id, valid_from
