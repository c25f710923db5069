{{ config(alias='scenario') }}

-- Figures of every service; those of costwatt.toml come beside the reference table and win by name, as in stg_scenario.
with given as (
    select * from {{ source('landing', 'given_scenario') }}
),

bundled as (
    select * from {{ ref('scenario_fact') }}
),

-- what else costwatt.toml gives of a service is no figure, and stands in a column of its own
units as (
    select distinct
        attribute,
        unit
    from bundled
),

facts as (
    select * from bundled
    where scenario not in (select given.scenario from given)
    union all by name
    select
        given.scenario,
        given.attribute,
        given.value::double as value,
        given.value::double as low,
        given.value::double as high,
        units.unit,
        'costwatt.toml' as source
    from given
    inner join units using (attribute)
)

select
    facts.scenario,
    scenarios.scenario_id,
    scenarios.name,
    scenarios.model,
    scenarios.demand_profile,
    scenarios.interruption_tolerated,
    scenarios.allowed_precisions,
    scenarios.assumed,
    {{ figure_of_facts() }}
from facts
inner join {{ ref('stg_scenario') }} as scenarios on facts.scenario = scenarios.scenario_id
order by facts.scenario, facts.attribute
