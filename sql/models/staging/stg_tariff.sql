with tariffs as (
    select * from {{ source('gate', 'tariff') }}
),

final as (
    select
        * exclude (valid_from),
        valid_from as period_start,
        case when source = 'static_tariffs' then 'bundled' else 'live' end as tariff_origin
    from tariffs
)

select * from final
