{{ config(alias='model') }}

-- The reference table of models: every figure with its interval, source and date.
select
    facts.model,
    identity.name,
    identity.architecture,
    identity.licence_kind,
    identity.assumed,
    facts.attribute,
    facts.value::double as value,
    facts.low::double as low,
    facts.high::double as high,
    facts.unit,
    facts.source,
    facts.as_of::varchar as as_of
from {{ ref('model_fact') }} as facts
inner join {{ ref('model') }} as identity using (model)
order by facts.model, facts.attribute
