-- Of one key, a version ends where the next begins or before.
with versions as (
    select
        *,
        lead(valid_from) over (
            partition by provider, region, zone, sku, operating_system, purchase_option, currency
            order by valid_from
        ) as next_valid_from
    from {{ ref('instance_price') }}
)

select
    provider,
    region,
    sku,
    purchase_option,
    valid_from,
    valid_to,
    next_valid_from
from versions
where valid_to <= valid_from or coalesce(valid_to, date '9999-12-31') > coalesce(next_valid_from, date '9999-12-31')
