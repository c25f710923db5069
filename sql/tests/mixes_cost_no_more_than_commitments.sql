-- A mix may commit to every node it needs, so that no commitment of its size costs less.
with priced as (
    select
        scenario_id,
        option_id,
        purchase_option,
        left(option_id, length(option_id) - length(purchase_option)) as size,
        usd_per_day
    from {{ ref('daily_cost') }}
    where
        status = 'ok'
        and (
            purchase_option = 'mix' or purchase_option like 'reserved%' or purchase_option like 'savings%'
        )
)

select
    mixes.scenario_id,
    mixes.option_id,
    mixes.usd_per_day,
    commitments.option_id as cheaper_option_id,
    commitments.usd_per_day as cheaper_usd_per_day
from priced as mixes
inner join priced as commitments using (scenario_id, size)
where
    mixes.purchase_option = 'mix'
    and commitments.purchase_option <> 'mix'
    and mixes.usd_per_day > commitments.usd_per_day + 0.01
