-- The scenarios as they were, night by night.
{% set key = ['scenario_id'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook=rewind_hooks(),
) }}

{{ history_of(ref('stg_scenario'), key=key, whole=true) }}
