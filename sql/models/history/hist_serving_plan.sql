-- The serving plans as they were, night by night.
{% set key = ['scenario_id', 'node_shape', 'precision'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook=rewind_hooks(),
) }}

{{ history_of(ref('plan_input'), key=key, whole=true) }}
