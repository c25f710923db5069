{% set key = ['provider', 'region', 'zone', 'sku', 'operating_system', 'price_date', 'currency', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook=rewind_hooks(),
) }}

{{ history_of(
    ref('stg_spot_price'),
    key=key,
    compared=['price_per_hour', 'min_per_hour', 'max_per_hour', 'coverage_ratio', 'quality'],
) }}
