{{ config(alias='accelerator') }}

-- The reference table of accelerators: every figure with its interval, source and date.
select
    facts.accelerator,
    identity.name,
    identity.vendor,
    identity.kind,
    identity.family,
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
from {{ ref('accelerator_fact') }} as facts
inner join {{ ref('accelerator') }} as identity using (accelerator)
order by facts.accelerator, facts.attribute
