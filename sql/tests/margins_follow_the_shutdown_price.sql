-- Own hardware is cheaper to run than to rent exactly where its tariff lies below the shutdown price.
select
    sku,
    tariff_zone,
    usd_per_kwh,
    shutdown_usd_per_kwh,
    margin_usd_per_accelerator_hour,
    own_is_cheaper
from {{ ref('merit_order') }}
where
    own_is_cheaper <> (usd_per_kwh < shutdown_usd_per_kwh)
    or (margin_usd_per_accelerator_hour is null) <> (unknown_margin_reason is not null)
