-- What moved a cost adds up to its change: nothing is left over.
select *
from {{ ref('cost_change') }}
where
    old_usd_per_day <> new_usd_per_day
    and (
        by_price_usd + by_discount_usd + by_exchange_rate_usd + by_tariff_usd + by_model_usd + by_assumption_usd
        + by_scenario_usd
    ) is distinct from change_usd_per_day
