select
    provider,
    region,
    service,
    product,
    unit,
    tier_start,
    currency,
    price,
    quality,
    source,
    source_url,
    source_version,
    source_key,
    published_at,
    valid_from,
    valid_to
from {{ ref('hist_service_price') }}
order by provider, region, service, product, unit, tier_start, currency, source, valid_from
