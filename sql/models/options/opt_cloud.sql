-- Rented nodes with accelerators: one row per (provider, region, instance type, purchase option).
with listed as (
    select * from {{ ref('opt_instance_price') }}
    where operating_system = 'Linux'
    union all by name
    select * from {{ ref('opt_spot_price') }}
    where operating_system = 'Linux'
),

-- the best of the discounts that fit, off the list price
prices as (
    select
        * replace (
            (usd_per_hour * (1 - discount_ratio))::decimal(18, 10) as usd_per_hour,
            (upfront_usd * (1 - discount_ratio))::decimal(18, 4) as upfront_usd
        ),
        usd_per_hour as list_usd_per_hour
    from (
        select
            *,
            coalesce({{ discount_ratio("'rent'", 'listed.provider', 'listed.purchase_option', 'listed.sku') }}, 0)
                as discount_ratio
        from listed
    )
),

availability as (
    select * from {{ ref('opt_availability') }}
),

nodes as (
    select * from {{ ref('stg_node_type') }}
),

regions as (
    select * from {{ ref('opt_region') }}
),

-- a provider's data centre is a large site, whatever share of it one service takes
site as (
    select value as site_mwh_per_year
    from {{ ref('stg_assumption') }}
    where assumption = 'cloud_site_mwh_per_year'
),

tariffs as (
    select bands.*
    from {{ ref('opt_tariff_band') }} as bands
    cross join site
    where kind = 'retail'
    qualify {{ is_band_of_site() }}
),

services as (
    select
        provider,
        region,
        max(usd_per_unit_sold) filter (where service = 'internet_egress') as egress_usd_per_gb,
        max(usd_per_unit_by_tier) filter (where service = 'internet_egress') as egress_usd_per_gb_by_tier,
        max(usd_per_unit_sold) filter (where service = 'block_storage') as storage_usd_per_gb_month
    from {{ ref('opt_service_price') }}
    group by all
),

on_demand as (
    select
        provider,
        region,
        zone,
        sku,
        usd_per_hour as on_demand_usd_per_hour,
        list_usd_per_hour as list_on_demand_usd_per_hour,
        price_origin as on_demand_origin,
        price_as_of as on_demand_as_of
    from prices
    where purchase_option = 'on_demand'
),

-- spot pays on demand for the hours that it does not get
rented as (
    select
        prices.* replace (
            if(
                prices.purchase_option = 'spot',
                {{ worst_origin('prices.price_origin', 'on_demand.on_demand_origin') }},
                prices.price_origin
            ) as price_origin,
            if(
                prices.purchase_option = 'spot',
                least(prices.price_as_of, on_demand.on_demand_as_of),
                prices.price_as_of
            ) as price_as_of
        ),
        on_demand.on_demand_usd_per_hour,
        on_demand.list_on_demand_usd_per_hour
    from prices
    left join on_demand using (provider, region, zone, sku)
),

final as (
    select
        concat_ws(
            '/', rented.provider, coalesce(nullif(rented.zone, ''), rented.region), rented.sku, rented.purchase_option
        ) as option_id,
        'cloud' as deployment,
        case when rented.purchase_option in ('on_demand', 'spot') then 'autoscaled' else 'always_on' end as billing,
        rented.provider,
        rented.region,
        rented.zone,
        rented.sku,
        rented.purchase_option,
        nodes.accelerator,
        nodes.accelerators_per_node,
        nodes.accelerator_fraction,
        nodes.scale_out_gbit_s,
        nodes.deployable and coalesce(availability.available, true) as deployable,
        case
            when not nodes.deployable then 'the provider does not deploy this size any more'
            when not availability.available then coalesce(availability.unavailable_reason, 'not offered there')
        end as unavailable_reason,
        availability.interruption_band,
        rented.usd_per_hour::double as usd_per_hour,
        rented.list_usd_per_hour::double as list_usd_per_hour,
        rented.on_demand_usd_per_hour::double as on_demand_usd_per_hour,
        rented.list_on_demand_usd_per_hour::double as list_on_demand_usd_per_hour,
        (rented.purchase_option = 'spot')::double as is_spot,
        coalesce(rented.upfront_usd, 0)::double as upfront_usd,
        coalesce(rented.term_hours, 0)::double as term_hours,
        services.egress_usd_per_gb,
        services.egress_usd_per_gb_by_tier,
        services.storage_usd_per_gb_month,
        {{ discount_ratio("'egress'", 'rented.provider') }} as egress_discount_ratio,
        {{ discount_ratio("'storage'", 'rented.provider') }} as storage_discount_ratio,
        regions.pue_ratio,
        regions.pue_ratio_low,
        regions.pue_ratio_high,
        regions.grid_gco2_per_kwh,
        tariffs.usd_per_kwh::double as usd_per_kwh,
        tariffs.usd_per_kwh_low::double as usd_per_kwh_low,
        tariffs.usd_per_kwh_high::double as usd_per_kwh_high,
        nullif(tariffs.band, '') as tariff_band,
        tariffs.usd_per_unit as tariff_usd_per_unit,
        regions.tariff_zone,
        rented.quality,
        rented.price_origin,
        rented.price_as_of,
        rented.source,
        rented.source_url,
        rented.source_version,
        rented.source_key,
        rented.currency,
        rented.usd_per_unit,
        rented.fx_date,
        rented.fx_source
    from rented
    inner join nodes using (provider, sku)
    left join regions using (provider, region)
    left join availability using (provider, region, sku)
    left join services using (provider, region)
    left join tariffs using (tariff_zone)
)

select * from final
