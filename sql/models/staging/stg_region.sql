with facts as (
    select
        provider,
        region,
        {{ widen(['pue_ratio', 'grid_gco2_per_kwh'], intervals=true) }}
    from {{ ref('region_fact') }}
    group by provider, region
),

final as (
    select
        regions.provider,
        regions.region,
        regions.name as region_name,
        regions.country,
        regions.tariff_zone,
        facts.* exclude (provider, region)
    from {{ ref('region') }} as regions
    left join facts using (provider, region)
)

select * from final
