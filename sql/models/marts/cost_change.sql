-- Costs that moved tonight, and what moved them: the parts sum to the change.
{% set factors = ['price', 'discount', 'exchange_rate', 'tariff', 'model', 'assumption', 'scenario'] %}
with costs as (
    select * from {{ ref('hist_cost') }}
),

-- what the night before knew: a backfilled cost of a day before that is no change of tonight
options as (
    select distinct option_id
    from {{ ref('hist_option') }}
    where valid_from < {{ cost_date() }} and coalesce(valid_to, date '9999-12-31') >= {{ cost_date() }}
),

scenarios as (
    select scenario_id
    from {{ ref('hist_scenario') }}
    where valid_from < {{ cost_date() }} and coalesce(valid_to, date '9999-12-31') >= {{ cost_date() }}
),

opened as (
    select * from costs where valid_from = {{ cost_date() }}
),

closed as (
    select costs.*
    from costs
    semi join options using (option_id)
    semi join scenarios using (scenario_id)
    where costs.valid_to = {{ cost_date() }}
),

moves as (
    select * from {{ ref('cost_move') }}
),

changed as (
    select
        coalesce(opened.scenario_id, closed.scenario_id) as scenario_id,
        coalesce(opened.option_id, closed.option_id) as option_id,
        closed.status as old_status,
        opened.status as new_status,
        closed.usd_per_day as old_usd_per_day,
        opened.usd_per_day as new_usd_per_day,
        case
            when opened.option_id is null then 'gone'
            when closed.option_id is null then 'new'
            when closed.status <> opened.status then 'status'
            when (closed.usd_per_day is distinct from opened.usd_per_day) then 'cost'
            else 'interval'
        end as cost_change_kind
    from opened
    full outer join closed using (scenario_id, option_id)
    -- a first night is no change
    where exists (select 1 from options)
),

final as (
    select
        {{ cost_date() }} as change_date,
        changed.scenario_id,
        changed.option_id,
        changed.cost_change_kind,
        changed.old_status,
        changed.new_status,
        changed.old_usd_per_day,
        changed.new_usd_per_day,
        (changed.new_usd_per_day - changed.old_usd_per_day)::decimal(18, 4) as change_usd_per_day,
    {% for factor in factors -%}
        moves.{{ factor }}::decimal(18, 4) as by_{{ factor }}_usd{{ ',' if not loop.last }}
    {% endfor %}
    from changed
    left join moves using (scenario_id, option_id)
)

select * from final
order by scenario_id, option_id
