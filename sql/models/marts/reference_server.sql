{{ config(alias='server') }}

-- The reference table of servers: every figure with its interval, source and date.
select
    facts.server,
    identity.name,
    identity.vendor,
    identity.accelerator,
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
from {{ ref('server_fact') }} as facts
inner join {{ ref('server') }} as identity using (server)
order by facts.server, facts.attribute
