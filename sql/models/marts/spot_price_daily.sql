select
    spot.price_date,
    spot.provider,
    spot.region,
    spot.zone,
    spot.sku,
    spot.operating_system,
    (spot.price_per_hour * fx.usd_per_unit)::decimal(18, 10) as usd_per_hour,
    (spot.min_per_hour * fx.usd_per_unit)::decimal(18, 10) as usd_per_hour_min,
    (spot.max_per_hour * fx.usd_per_unit)::decimal(18, 10) as usd_per_hour_max,
    spot.coverage_ratio,
    spot.quality,
    spot.source,
    spot.source_url,
    spot.source_key
from {{ ref('hist_spot_price') }} as spot
inner join {{ ref('opt_fx') }} as fx using (currency)
where spot.valid_to is null
order by spot.price_date, spot.provider, spot.region, spot.zone, spot.sku, spot.operating_system, spot.source
