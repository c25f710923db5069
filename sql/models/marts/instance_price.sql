select
    provider,
    region,
    zone,
    location_type,
    sku,
    operating_system,
    purchase_option,
    currency,
    price_per_hour,
    list_per_hour,
    upfront,
    term_hours,
    quality,
    price_origin,
    source,
    source_url,
    source_version,
    source_key,
    published_at,
    valid_from,
    valid_to
from {{ ref('hist_instance_price') }}
order by provider, region, zone, sku, operating_system, purchase_option, currency, valid_from
