-- What history keeps of a cost row: its totals.
{{ config(materialized='view') }}

select
    scenario_id,
    option_id,
    status,
    usd_per_day::decimal(18, 4) as usd_per_day,
    usd_per_day_low,
    usd_per_day_high,
    kwh_per_day,
    kgco2e_per_day,
    '{{ var("model_version") }}' as model_version,
    -- flows/backfill_costs.py adds rows of days that no night has priced
    false as is_backfilled
from {{ ref('cost_row') }}
