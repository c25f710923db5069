-- Of one key, one version at most is open; a key with an unknown part would open a new one every night.
{% set keys = {
    'hist_instance_price': ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency'],
    'hist_option': ['option_id', 'tier_start_tokens'],
    'hist_scenario': ['scenario_id'],
    'hist_assumption': ['assumption'],
    'hist_serving_plan': ['scenario_id', 'node_shape', 'precision'],
    'hist_demand_profile': ['profile', 'hour'],
} %}
{% for table, key in keys.items() %}
    select
        '{{ table }}' as table_name,
        concat_ws('/', {{ key | join(', ') }}) as row_key,
        count(*) as row_count
    from {{ ref(table) }}
    where valid_to is null
    group by all
    having count(*) > 1 or {% for column in key %}bool_or({{ column }} is null){{ ' or ' if not loop.last }}{% endfor %}
    {% if not loop.last %}union all{% endif %}
{% endfor %}
