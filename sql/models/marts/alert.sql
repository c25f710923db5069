-- What a person should look at: sizes and regions that appear in prices and in no table of ours,
-- stale tariffs, sources that gave no answer.
with prices as (
    select * from {{ ref('opt_instance_price') }}
),

unmapped_size as (
    select distinct
        'unmapped_size' as alert,
        prices.provider || '/' || prices.sku as subject,
        'priced, but in no row of node_type: its accelerator is not known, so it is no option' as message
    from prices
    left join {{ ref('stg_node_type') }} as nodes using (provider, sku)
    -- provisioned throughput of an API runs on no machine of ours
    where nodes.sku is null and prices.purchase_option <> 'provisioned'
),

source_alert as (
    select
        'source_alert' as alert,
        source || '/' || key as subject,
        substr(reason, length('alert: ') + 1) as message
    from {{ source('gate', 'quarantine') }}
    where cost_date = {{ cost_date() }} and reason like 'alert:%'
),

unmapped_region as (
    select distinct
        'unmapped_region' as alert,
        prices.provider || '/' || prices.region as subject,
        'priced, but in no row of region: '
        || coalesce('taken as country row of ' || regions.country, 'no tariff, PUE or carbon') as message
    from prices
    left join {{ ref('opt_region') }} as regions using (provider, region)
    where regions.is_mapped is distinct from true
),

stale_tariff as (
    select
        'stale_tariff' as alert,
        tariff_zone as subject,
        source || ', ' || price_period || ', ' || age_days || ' days old' as message
    from {{ ref('opt_tariff') }}
    where stale and kind = 'retail'
),

failed_source as (
    select
        'failed_source' as alert,
        source || '/' || region as subject,
        message
    from {{ ref('stg_partition') }}
    where status in ('failed', 'rejected')
),

final as (
    select * from unmapped_size
    union all
    select * from unmapped_region
    union all
    select * from source_alert
    union all
    select * from stale_tariff
    union all
    select * from failed_source
)

select
    {{ cost_date() }} as cost_date,
    *
from final
order by alert, subject, message
