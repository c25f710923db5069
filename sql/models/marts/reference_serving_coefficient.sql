{{ config(alias='serving_coefficient') }}

select
    family,
    attribute,
    value::double as value,
    low::double as low,
    high::double as high,
    unit,
    source,
    as_of::varchar as as_of
from {{ ref('serving_coefficient') }}
order by family, attribute
