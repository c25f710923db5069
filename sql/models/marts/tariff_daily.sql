select * from {{ ref('hist_tariff_daily') }}
order by price_date, tariff_zone, kind
