{% set key = ['provider', 'region', 'sku', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(
    ref('stg_instance_spec'),
    key=key,
    compared=[
        'vcpu', 'memory_gib', 'accelerator_name', 'accelerators', 'accelerator_memory_gib', 'zones', 'available',
        'unavailable_reason', 'interruption_band'
    ],
    partition=['source', 'part_region', 'part_kind'],
    complete=ref('stg_complete_partition'),
) }}
