-- The rent of the best commitment is the mix's own, and never above either extreme.
select
    commitment.scenario_id,
    commitment.option_id,
    commitment.rental_usd,
    daily_cost.rental_usd as mix_rental_usd,
    commitment.all_committed_rental_usd,
    commitment.on_demand_rental_usd
from {{ ref('commitment') }} as commitment
inner join {{ ref('daily_cost') }} as daily_cost using (scenario_id, option_id)
where
    commitment.rental_usd <> daily_cost.rental_usd
    or commitment.rental_usd > commitment.all_committed_rental_usd
    or commitment.rental_usd > commitment.on_demand_rental_usd
