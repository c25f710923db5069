-- USD for one unit of each currency tonight.
with tonight as (
    select {{ cost_date() }} as rate_day
),

rates as (
    {{ usd_rates_on('tonight') }}
)

select * exclude (rate_day) from rates
