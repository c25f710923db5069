with prices as (
    select * from {{ source('gate', 'service_price') }}
)

select * from prices
