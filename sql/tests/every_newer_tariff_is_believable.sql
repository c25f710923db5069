{{ config(severity='warn') }}
-- Retail tariffs that opt_tariff_band leaves out because of their price, where no newer one is in use.
with left_out as (
    select *
    from {{ ref('hist_tariff') }}
    inner join {{ ref('opt_fx') }} using (currency)
    where valid_to is null and kind in ('retail', 'site') and not {{ is_believable('local_per_kwh * usd_per_unit') }}
),

in_use as (
    select * from {{ ref('opt_tariff') }}
    where kind = 'retail'
)

select
    left_out.tariff_zone,
    left_out.source,
    left_out.price_period,
    left_out.band,
    left_out.local_per_kwh,
    left_out.currency
from left_out
left join in_use using (tariff_zone)
where in_use.tariff_zone is null or in_use.observed_date <= left_out.price_date
