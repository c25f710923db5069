{{ config(alias='serving_coefficient') }}

select
    facts.family,
    {{ figure_of_facts() }}
from {{ ref('serving_coefficient') }} as facts
order by facts.family, facts.attribute
