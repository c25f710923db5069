-- A committed base with on-demand above it: the cheapest commitment of each size beside its on-demand price.
-- Cheapest is what a paid hour costs with its prepayment financed: years of it paid at once tie up capital.
with options as (
    select * from {{ ref('opt_cloud') }}
),

capital as (
    select value as cost_of_capital_ratio
    from {{ ref('stg_assumption') }}
    where assumption = 'cost_of_capital_ratio'
),

on_demand as (
    select
        provider,
        region,
        zone,
        sku,
        price_origin as on_demand_origin,
        price_as_of as on_demand_as_of
    from options
    where purchase_option = 'on_demand'
),

commitments as (
    select
        options.*,
        {{ financed_usd_per_hour() }} as financed_usd_per_hour
    from options
    cross join capital
    where purchase_option like 'reserved%' or purchase_option like 'savings%'
),

cheapest as (
    select * exclude (financed_usd_per_hour)
    from commitments
    where financed_usd_per_hour < on_demand_usd_per_hour
    qualify row_number() over (
        partition by provider, region, zone, sku
        order by financed_usd_per_hour, purchase_option
    ) = 1
),

final as (
    select
        cheapest.* replace (
            concat_ws(
                '/', cheapest.provider, coalesce(nullif(cheapest.zone, ''), cheapest.region), cheapest.sku, 'mix'
            ) as option_id,
            'mix' as billing,
            'mix' as purchase_option,
            cheapest.purchase_option || ': ' || cheapest.source_key as source_key,
            {{ worst_origin('cheapest.price_origin', 'on_demand.on_demand_origin') }} as price_origin,
            least(cheapest.price_as_of, on_demand.on_demand_as_of) as price_as_of
        )
    from cheapest
    left join on_demand using (provider, region, zone, sku)
)

select * from final
