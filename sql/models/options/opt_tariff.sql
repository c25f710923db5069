-- What a kilowatt-hour costs in each zone as of tonight, by kind: the newest live observation, else
-- the dated table; wholesale is a kind of its own and never stands in for retail.
with tariffs as (
    select * from {{ ref('hist_tariff') }}
    where valid_to is null and price_date <= {{ cost_date() }} + 31
),

fx as (
    select * from {{ ref('opt_fx') }}
),

converted as (
    select
        tariffs.*,
        fx.usd_per_unit,
        fx.fx_date,
        fx.fx_source,
        {{ cost_date() }} - tariffs.price_date as age_days,
        {{ cost_date() }} - tariffs.price_date > case
            when tariffs.kind = 'wholesale' then 2
            when tariffs.source like 'eia%' then 120
            when tariffs.source like 'eurostat%' then 400
            else 540
        end as stale
    from tariffs
    inner join fx using (currency)
),

best as (
    select *
    from converted
    where kind = 'wholesale' or local_per_kwh * usd_per_unit between 0.005 and 0.80
    qualify row_number() over (
        partition by tariff_zone, kind
        order by (tariff_origin = 'live' and not stale) desc, tariff_origin = 'live' desc, price_date desc, band, source
    ) = 1
),

final as (
    select
        {{ cost_date() }} as price_date,
        tariff_zone,
        kind,
        price_period,
        price_date as observed_date,
        greatest(age_days, 0)::integer as age_days,
        stale,
        currency,
        local_per_kwh::decimal(18, 10) as local_per_kwh,
        (local_per_kwh * usd_per_unit)::decimal(18, 10) as usd_per_kwh,
        (coalesce(local_per_kwh_low, local_per_kwh) * usd_per_unit)::decimal(18, 10) as usd_per_kwh_low,
        (coalesce(local_per_kwh_high, local_per_kwh) * usd_per_unit)::decimal(18, 10) as usd_per_kwh_high,
        (demand_per_kw_month * usd_per_unit)::decimal(18, 10) as demand_usd_per_kw_month,
        usd_per_unit,
        fx_date,
        fx_source,
        band,
        tax_basis,
        confidence,
        tariff_origin,
        source,
        source_url,
        licence
    from best
)

select * from final
