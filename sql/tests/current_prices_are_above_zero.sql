select
    provider,
    region,
    sku,
    purchase_option,
    price_per_hour
from {{ ref('instance_price_current') }}
where price_per_hour <= 0 or usd_per_hour is null
