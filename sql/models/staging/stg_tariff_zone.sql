with facts as (
    select
        tariff_zone,
        {{ widen(['pue_ratio', 'grid_gco2_per_kwh'], intervals=true) }}
    from {{ ref('tariff_zone_fact') }}
    group by tariff_zone
),

final as (
    select
        zones.tariff_zone,
        zones.country,
        zones.name as zone_name,
        zones.onprem_offered,
        facts.* exclude (tariff_zone)
    from {{ ref('tariff_zone') }} as zones
    left join facts using (tariff_zone)
)

select * from final
