-- The grain of each published table.
{% set grains = {
    'daily_cost': ['scenario_id', 'option_id'],
    'daily_cost_component': ['scenario_id', 'option_id', 'component'],
    'scenario_daily': ['scenario_id'],
    'cheapest_option': ['scenario_id', 'option_kind'],
    'instance_price_current': ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency'],
    'instance_price':
        ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency', 'valid_from'],
    'instance_spec': ['provider', 'region', 'sku', 'source'],
    'reference_node_type': ['provider', 'sku'],
    'tariff_daily': ['price_date', 'tariff_zone', 'kind'],
    'fx_rate': ['currency'],
    'option': ['option_id', 'tier_start_tokens'],
    'accelerator_price_index': ['accelerator', 'purchase_option'],
} %}
{{ repeated_keys(grains) }}
