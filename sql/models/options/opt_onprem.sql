-- Own servers in every tariff zone: in an own building, or in rented space.
with servers as (
    select * from {{ ref('stg_server') }}
    where accelerator is not null
),

zones as (
    select * from {{ ref('stg_tariff_zone') }}
    where
        onprem_offered
        -- where a person says which sites there are, there are no others
        and (
            tariff_zone in (select given.tariff_zone from {{ source('landing', 'given_onprem_zone') }} as given)
            or not exists (select 1 from {{ source('landing', 'given_onprem_zone') }})
        )
),

tariffs as (
    select * from {{ ref('opt_tariff') }}
    where kind = 'retail'
),

deployments as (
    select unnest(['owned', 'colocated']) as deployment
),

final as (
    select
        concat_ws('/', 'onprem', zones.tariff_zone, servers.server, deployments.deployment) as option_id,
        deployments.deployment,
        'always_on' as billing,
        'onprem' as provider,
        zones.tariff_zone as region,
        '' as zone,
        servers.server as sku,
        deployments.deployment as purchase_option,
        servers.accelerator,
        servers.accelerators::double as accelerators_per_node,
        1.0 as accelerator_fraction,
        servers.scale_out_gbit_s,
        true as deployable,
        0.0 as is_spot,
        0.0 as upfront_usd,
        0.0 as term_hours,
        servers.price_usd as server_price_usd,
        servers.price_usd_low as server_price_usd_low,
        servers.price_usd_high as server_price_usd_high,
        servers.max_power_w as server_max_power_w,
        servers.idle_power_w as server_idle_power_w,
        zones.pue_ratio,
        zones.pue_ratio_low,
        zones.pue_ratio_high,
        zones.grid_gco2_per_kwh,
        tariffs.usd_per_kwh::double as usd_per_kwh,
        tariffs.usd_per_kwh_low::double as usd_per_kwh_low,
        tariffs.usd_per_kwh_high::double as usd_per_kwh_high,
        nullif(tariffs.band, '') as tariff_band,
        -- an own building is on the band of what it uses; rented space on that of the colocation site
        case deployments.deployment when 'owned' then tariffs.usd_per_kwh_by_band end as usd_per_kwh_by_band,
        tariffs.usd_per_unit as tariff_usd_per_unit,
        coalesce(tariffs.demand_usd_per_kw_month, 0)::double as demand_usd_per_kw_month,
        zones.tariff_zone,
        servers.price_quality as quality,
        'bundled' as price_origin,
        {{ first_day('servers.price_as_of') }} as price_as_of,
        if(servers.price_source = 'costwatt.toml', 'costwatt.toml', 'server_fact') as source,
        if(servers.price_source = 'costwatt.toml', concat('[servers.', servers.server, ']'), servers.price_source)
            as source_key,
        'USD' as currency,
        1.0 as usd_per_unit,
        {{ cost_date() }} as fx_date,
        'identity' as fx_source
    from zones
    cross join servers
    cross join deployments
    left join tariffs using (tariff_zone)
)

select * from final
