{{ config(severity='warn') }}
-- A region without a kilowatt-hour price has no own-site figures and no energy share.
select
    regions.provider,
    regions.region,
    regions.tariff_zone
from {{ ref('stg_region') }} as regions
left join {{ ref('opt_tariff') }} as tariffs
    on regions.tariff_zone = tariffs.tariff_zone and tariffs.kind = 'retail'
where tariffs.usd_per_kwh is null
