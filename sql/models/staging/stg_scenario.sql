-- One wide row per scenario; those of costwatt.toml come beside the reference table and win by name.
{% set attributes = ['requests_per_day', 'input_tokens', 'output_tokens', 'cache_hit_ratio',
    'output_length_bias_ratio', 'ttft_p95_ms', 'itl_mean_ms', 'peak_to_average_ratio', 'min_replicas',
    'spare_nodes', 'target_utilisation_ratio'] %}
with given as (
    select * from {{ source('landing', 'given_scenario') }}
),

given_wide as (
    select
        scenario,
        scenario as name,
        max(value) filter (where attribute = 'model') as model,
        max(value) filter (where attribute = 'demand_profile') as demand_profile,
        max(value) filter (where attribute = 'interruption_tolerated')::boolean as interruption_tolerated,
        max(value) filter (where attribute = 'allowed_precisions') as allowed_precisions,
        false as assumed,
        false as is_default,
        {% for attribute in attributes -%}
            max(value) filter (where attribute = '{{ attribute }}')::double as {{ attribute }}
            {%- if not loop.last %},{% endif %}
        {% endfor %}
    from given
    group by scenario
),

facts as (
    select
        scenario,
        {{ widen(attributes) }}
    from {{ ref('scenario_fact') }}
    group by scenario
),

bundled as (
    select
        scenarios.scenario,
        scenarios.name,
        scenarios.model,
        scenarios.demand_profile,
        scenarios.interruption_tolerated,
        scenarios.allowed_precisions,
        scenarios.assumed,
        scenarios.is_default,
        facts.* exclude (scenario)
    from {{ ref('scenario') }} as scenarios
    inner join facts using (scenario)
    where scenarios.scenario not in (select given.scenario from given)
),

-- a profile of costwatt.toml belongs to what a scenario is
given_profile as (
    select
        profile as demand_profile,
        list(share_of_day order by hour) as shares
    from {{ source('landing', 'given_demand_profile') }}
    group by profile
),

final as (
    select * from bundled
    union all by name
    select * from given_wide
)

select
    final.scenario as scenario_id,
    final.* exclude (scenario),
    md5(to_json(final)::varchar || coalesce(given_profile.shares::varchar, '')) as scenario_hash
from final
left join given_profile using (demand_profile)
