-- One tariff per zone and kind: in the band of a typical colocation site, with all bands beside it.
with site as (
    select value as site_mwh_per_year
    from {{ ref('stg_assumption') }}
    where assumption = 'colocation_site_mwh_per_year'
),

bands as (
    select
        tariffs.*,
        site.site_mwh_per_year,
        case
            when count(*) over (partition by tariff_zone, kind) > 1
                then to_json(list({
                    'tariff_band': band,
                    'from_mwh_per_year': band_from_mwh_per_year,
                    'usd_per_kwh': usd_per_kwh::double,
                    'usd_per_kwh_low': usd_per_kwh_low::double,
                    'usd_per_kwh_high': usd_per_kwh_high::double
                }) over (
                    partition by tariff_zone, kind
                    order by band_from_mwh_per_year, band
                    rows between unbounded preceding and unbounded following
                ))::varchar
        end as usd_per_kwh_by_band
    from {{ ref('opt_tariff_band') }} as tariffs
    cross join site
),

final as (
    select * exclude (band_from_mwh_per_year, site_mwh_per_year)
    from bands
    qualify {{ is_band_of_site() }}
)

select * from final
