{% set key = ['provider', 'region', 'zone', 'sku', 'operating_system', 'purchase_option', 'currency'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_predicates=['DBT_INCREMENTAL_TARGET.valid_to is null'],
) }}

{{ history_of(
    ref('stg_instance_price'),
    key=key,
    compared=['price_per_hour', 'list_per_hour', 'upfront', 'term_hours', 'quality', 'source'],
    partition=['provider', 'part_region', 'price_kind'],
    complete=ref('stg_price_partition'),
    held=source('gate', 'held_instance_price'),
    ranked=true,
) }}
