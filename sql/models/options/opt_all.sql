-- Every way to run a service, one row each; a new deployment option is one model and one line here.
with final as (
    select * from {{ ref('opt_cloud') }}
    union all by name
    select * from {{ ref('opt_mix') }}
    union all by name
    select * from {{ ref('opt_onprem') }}
    union all by name
    select * from {{ ref('opt_api') }}
)

select
    *,
    greatest({{ cost_date() }} - price_as_of, 0)::integer as price_age_days
from final
order by option_id, tier_start_tokens
