with rates as (
    select * from {{ source('gate', 'fx_rate') }}
)

select * from rates
