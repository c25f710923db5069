-- Ranks count from 1 without a gap, by cost, over comparable rows only; spot only where it may be interrupted, and no
-- number format that the scenario does not admit.
with ranked as (
    select
        costs.scenario_id,
        costs.option_id,
        costs.rank,
        costs.status,
        costs.evidence,
        costs.quality,
        costs.equivalence,
        costs.precision,
        scenarios.allowed_precisions,
        costs.purchase_option,
        scenarios.interruption_tolerated,
        costs.usd_per_day,
        lag(costs.usd_per_day) over (partition by costs.scenario_id order by costs.rank) as cheaper_usd_per_day,
        row_number() over (partition by costs.scenario_id order by costs.rank) as place
    from {{ ref('daily_cost') }} as costs
    left join {{ ref('stg_scenario') }} as scenarios using (scenario_id)
    where costs.rank is not null
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
    or (purchase_option = 'spot' and interruption_tolerated is distinct from true)
    or not list_contains(string_split(allowed_precisions, ';'), precision)
