-- The assumptions as they were, night by night.
{% set key = ['assumption'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook=rewind_hooks(),
) }}

{{ history_of(ref('stg_assumption'), key=key, compared=['value', 'low', 'high'], whole=true) }}
