with prices as (
    select * from {{ source('gate', 'spot_price') }}
)

select * from prices
