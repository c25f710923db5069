-- What the cost model saw of every option, night by night: a row only where it changed.
{% set key = ['option_id', 'tier_start_tokens'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook=rewind_hooks(),
) }}

{{ history_of(ref('option_input'), key=key, whole=true) }}
