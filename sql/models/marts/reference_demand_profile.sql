{{ config(alias='demand_profile') }}

select
    profile as demand_profile,
    hour::integer as hour,
    share_of_day::double as share_of_day,
    source,
    nullif(as_of, '')::varchar as as_of
from {{ ref('stg_demand_profile') }}
order by demand_profile, hour
