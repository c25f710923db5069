{{ config(alias='assumption') }}

select
    assumption,
    value::double as value,
    low::double as low,
    high::double as high,
    unit,
    source,
    as_of::varchar as as_of,
    description
from {{ ref('stg_assumption') }}
order by assumption
