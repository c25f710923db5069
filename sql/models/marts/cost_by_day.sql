-- The cost history by calendar day: filter cost_date for any day as it was then.
{{ config(materialized='view') }}

{# named without its database: the view must work wherever the file is attached -#}
{% set cost_history = ref('cost_history').include(database=false) %}
{% set daily_cost = ref('daily_cost').include(database=false) %}
with known as (
    select
        (select min(valid_from) from {{ cost_history }}) as first_day,
        (select max(cost_date) from {{ daily_cost }}) as last_day
),

days as (
    select unnest(generate_series(first_day, last_day, interval 1 day))::date as cost_date
    from known
),

final as (
    select
        days.cost_date,
        costs.scenario_id,
        costs.option_id,
        costs.status,
        costs.usd_per_day,
        costs.usd_per_day_low,
        costs.usd_per_day_high,
        costs.is_backfilled
    from {{ cost_history }} as costs
    inner join days
        on costs.valid_from <= days.cost_date and days.cost_date < coalesce(costs.valid_to, date '9999-12-31')
)

select * from final
