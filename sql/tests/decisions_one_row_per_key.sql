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
{{ repeated_keys(grains) }}
