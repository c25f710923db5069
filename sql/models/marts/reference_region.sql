{{ config(alias='region') }}

-- The reference table of regions: tariff zone, PUE and grid carbon, each with source and date.
select
    facts.provider,
    facts.region,
    identity.name,
    identity.country,
    identity.tariff_zone,
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
from {{ ref('region_fact') }} as facts
inner join {{ ref('region') }} as identity using (provider, region)
order by facts.provider, facts.region, facts.attribute
