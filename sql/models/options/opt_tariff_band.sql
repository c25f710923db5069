-- What a kilowatt-hour costs in each zone as of tonight, by kind (rules: docs/tariffs.md): of the source that
-- wins, every band of yearly use, each as last published. Wholesale is a kind of its own and never stands in for
-- retail; a site's own contract does.
with observed as (
    select * from {{ ref('hist_tariff') }} as known
    where
        valid_to is null and period_start <= {{ cost_date() }}
        -- of a contract that costwatt.toml no longer names, nothing asks any more
        and (kind <> 'site' or exists (
            select 1 from {{ source('landing', 'given_site') }} as given
            where given.tariff_zone = known.tariff_zone and given.source = known.source
        ))
),

-- Wholesale is published by bidding zone; a tariff zone names the one that its sites buy in.
tariffs as (
    select * from observed where kind in ('retail', 'site')
    union all by name
    select observed.* replace (zones.tariff_zone as tariff_zone)
    from observed
    inner join {{ ref('tariff_zone') }} as zones on observed.tariff_zone = zones.wholesale_zone
    where observed.kind = 'wholesale'
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
        greatest({{ cost_date() }} - price_date, 0) as age_days,
        age_days > case
            when kind = 'wholesale' then 2
            when source in ('eia861m_tariffs', 'eia_api_tariffs') then 120
            when source = 'eurostat_tariffs' then 400
            when source = 'site_tariffs' then 0
            else 540
        end as stale
    from tariffs
    inner join fx using (currency)
    -- what this leaves out is told by the check every_newer_tariff_is_believable
    where kind = 'wholesale' or {{ is_believable('local_per_kwh * usd_per_unit') }}
),

winner as (
    select *
    from converted
    -- a contract that has ended is paid by nobody
    where kind <> 'site' or not stale
    qualify (kind, source, stale) = first_value((kind, source, stale)) over (
        partition by tariff_zone, case kind when 'site' then 'retail' else kind end
        order by
            kind = 'site' desc,
            tariff_origin = 'live' and not stale desc,
            least(price_date, {{ cost_date() }}) desc,
            tariff_origin = 'live' desc,
            source desc, -- eia_api before eia861m on the same month
            kind
    )
),

-- a newer period may not have all bands yet
best as (
    select *
    from winner
    qualify row_number() over (
        partition by tariff_zone, kind, coalesce(band_min_mwh_per_year, 0)
        order by least(price_date, {{ cost_date() }}) desc, price_date desc, band
    ) = 1
),

final as (
    select
        {{ cost_date() }} as price_date,
        tariff_zone,
        case kind when 'site' then 'retail' else kind end as kind,
        price_period,
        price_date as observed_date,
        age_days::integer as age_days,
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
        coalesce(band_min_mwh_per_year, 0)::double as band_from_mwh_per_year,
        tax_basis,
        confidence,
        tariff_origin,
        source,
        source_url,
        licence
    from best
)

select * from final
