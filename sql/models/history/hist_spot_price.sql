{% set key = ['provider', 'region', 'zone', 'sku', 'operating_system', 'price_date', 'currency', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(
    ref('stg_spot_price'),
    key=key,
    compared=['price_per_hour', 'min_per_hour', 'max_per_hour', 'coverage_ratio', 'quality'],
) }}
