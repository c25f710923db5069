{{ config(alias='scenario') }}

-- The reference table of scenarios: every figure with its interval, source and date.
select
    facts.scenario,
    identity.name,
    identity.model,
    identity.demand_profile,
    identity.interruption_tolerated,
    identity.allowed_precisions,
    identity.assumed,
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
from {{ ref('scenario_fact') }} as facts
inner join {{ ref('scenario') }} as identity using (scenario)
order by facts.scenario, facts.attribute
