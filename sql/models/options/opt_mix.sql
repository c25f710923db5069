-- A committed base with on-demand above it: the cheapest commitment of each size beside its on-demand price.
with options as (
    select * from {{ ref('opt_cloud') }}
),

committed as (
    select *
    from options
    where
        (purchase_option like 'reserved%' or purchase_option like 'savings%')
        and on_demand_usd_per_hour is not null
        and usd_per_hour < on_demand_usd_per_hour
    qualify row_number() over (
        partition by provider, region, zone, sku
        order by usd_per_hour, purchase_option
    ) = 1
),

final as (
    select
        * replace (
            concat_ws('/', provider, coalesce(nullif(zone, ''), region), sku, 'mix') as option_id,
            'mix' as billing,
            'mix' as purchase_option,
            purchase_option || ': ' || source_key as source_key
        )
    from committed
)

select * from final
