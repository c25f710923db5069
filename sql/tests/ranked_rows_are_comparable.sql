-- Ranks count from 1 without a gap, by cost, over comparable rows only.
with ranked as (
    select
        scenario_id,
        option_id,
        rank,
        status,
        evidence,
        quality,
        equivalence,
        usd_per_day,
        lag(usd_per_day) over (partition by scenario_id order by rank) as cheaper_usd_per_day,
        row_number() over (partition by scenario_id order by rank) as place
    from {{ ref('daily_cost') }}
    where rank is not null
)

select *
from ranked
where
    rank <> place
    or usd_per_day < cheaper_usd_per_day
    or status <> 'ok'
    or evidence not in ('measured', 'family')
    or quality not in ('list', 'quoted', 'measured')
    or equivalence <> 'same_weights'
