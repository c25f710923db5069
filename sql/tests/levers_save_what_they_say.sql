-- A lever's option costs less than the one it replaces; among the ranked options, by the published figures.
select
    pulled.scenario_id,
    pulled.option_id,
    pulled.lever,
    pulled.better_option_id,
    pulled.saving_usd_per_day
from {{ ref('lever') }} as pulled
left join {{ ref('daily_cost') }} as better
    on
        pulled.scenario_id = better.scenario_id
        and pulled.better_option_id = better.option_id
        and pulled.lever not in ('quantised_model', 'smaller_model')
where
    pulled.saving_usd_per_day not between 0 and pulled.usd_per_day
    or (pulled.saving_usd_per_day > 0) <> (pulled.better_option_id is not null)
    or pulled.usd_per_day - pulled.saving_usd_per_day <> better.usd_per_day
