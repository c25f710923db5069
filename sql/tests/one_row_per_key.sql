-- The grain of each published table, as docs/bi.md says it; those of decisions have a check of their own. cost_by_day
-- repeats cost_history day by day; an alert and a refused row have no key.
{% set grains = {
    'daily_cost': ['scenario_id', 'option_id'],
    'daily_cost_component': ['scenario_id', 'option_id', 'component'],
    'scenario_daily': ['scenario_id'],
    'cheapest_option': ['scenario_id', 'option_kind'],
    'instance_price_current': ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency'],
    'instance_price':
        ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency', 'valid_from'],
    'price_change': ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency'],
    'price_difference':
        ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency', 'second_source'],
    'spot_price_daily': ['price_date', 'provider', 'region', 'zone', 'sku', 'operating_system', 'source'],
    'service_price':
        ['provider', 'region', 'service', 'product', 'unit', 'tier_start', 'currency', 'source', 'valid_from'],
    'token_price': ['provider', 'region', 'model', 'tier', 'tier_start_tokens', 'currency', 'source', 'valid_from'],
    'tariff_daily': ['price_date', 'tariff_zone', 'kind'],
    'fx_rate': ['currency'],
    'option': ['option_id', 'tier_start_tokens'],
    'accelerator_price_index': ['accelerator', 'purchase_option'],
    'cost_history': ['scenario_id', 'option_id', 'valid_from'],
    'cost_change': ['scenario_id', 'option_id'],
    'focus_cost': ['x_scenario_id', 'x_option_id', 'x_component'],
    'instance_spec': ['provider', 'region', 'sku', 'source'],
    'reference_node_type': ['provider', 'sku'],
    'reference_software_support': ['family', 'architecture', 'precision'],
    'reference_serving_coefficient': ['family', 'attribute'],
    'reference_token_model': ['provider', 'sku', 'model'],
    'reference_demand_profile': ['demand_profile', 'hour'],
    'reference_scenario': ['scenario', 'attribute'],
    'reference_model': ['model', 'attribute'],
    'reference_accelerator': ['accelerator', 'attribute'],
    'reference_server': ['server', 'attribute'],
    'reference_region': ['provider', 'region', 'attribute'],
    'reference_tariff_zone': ['tariff_zone', 'attribute'],
    'reference_assumption': ['assumption'],
    'source_status': ['source', 'record', 'region', 'kind'],
} %}
{{ repeated_keys(grains) }}
