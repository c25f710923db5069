{% set key = ['provider', 'region', 'service', 'product', 'unit', 'tier_start', 'currency', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(
    ref('stg_service_price'),
    key=key,
    compared=['price', 'quality'],
    partition=['source', 'part_region', 'part_kind'],
    complete=ref('stg_complete_partition'),
    held=source('gate', 'held_service_price'),
) }}
