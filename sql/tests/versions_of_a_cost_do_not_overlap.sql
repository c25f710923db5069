-- Of one (scenario, option), a version ends where the next begins or before, and one at most is open.
with versions as (
    select
        *,
        lead(valid_from) over (partition by scenario_id, option_id order by valid_from) as next_valid_from
    from {{ ref('hist_cost') }}
    -- only what tonight touched can have gone wrong tonight
    where scenario_id || '|' || option_id in (
        select scenario_id || '|' || option_id from {{ ref('hist_cost') }}
        where valid_from = {{ cost_date() }} or valid_to = {{ cost_date() }}
    )
)

select *
from versions
where valid_to <= valid_from or coalesce(valid_to, date '9999-12-31') > coalesce(next_valid_from, date '9999-12-31')
