{% set key = ['provider', 'region', 'model', 'tier', 'tier_start_tokens', 'currency', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(
    ref('stg_token_price'),
    key=key,
    compared=['per_million_input', 'per_million_cached_input', 'per_million_output', 'quality'],
    partition=['source', 'part_region', 'part_kind'],
    complete=ref('stg_complete_partition'),
    held=source('gate', 'held_token_price'),
) }}
