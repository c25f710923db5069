with specs as (
    select * from {{ source('gate', 'instance_spec') }}
)

select * from specs
