-- The grain of each table of decisions.
{% set grains = {
    'commitment': ['scenario_id', 'provider', 'region', 'zone', 'sku'],
    'break_even': ['scenario_id', 'first_way', 'second_way'],
    'sensitivity': ['scenario_id', 'option_kind', 'figure'],
    'scale_curve': ['scenario_id', 'option_kind', 'requests_per_day'],
    'lever': ['scenario_id', 'option_kind', 'reference', 'lever'],
    'merit_order': ['sku', 'tariff_zone'],
    'training_cost': ['model', 'accelerator', 'purchase_option'],
} %}
{% for table, grain in grains.items() %}
    select
        '{{ table }}' as table_name,
        concat_ws('/', {{ grain | join(', ') }}) as row_key,
        count(*) as row_count
    from {{ ref(table) }}
    group by all
    having count(*) > 1
    {% if not loop.last %}union all{% endif %}
{% endfor %}
