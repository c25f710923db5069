{{ config(alias='software_support') }}

select
    family,
    architecture,
    precision,
    support,
    source,
    as_of::varchar as as_of
from {{ ref('software_support') }}
order by family, architecture, precision
