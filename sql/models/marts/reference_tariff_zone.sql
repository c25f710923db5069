{{ config(alias='tariff_zone') }}

-- The reference table of tariff zones: every figure with its interval, source and date.
select
    facts.tariff_zone,
    identity.country,
    identity.name,
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
from {{ ref('tariff_zone_fact') }} as facts
inner join {{ ref('tariff_zone') }} as identity using (tariff_zone)
order by facts.tariff_zone, facts.attribute
