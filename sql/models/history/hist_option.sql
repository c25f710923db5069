-- What the cost model saw of every option, night by night: a row only where it changed.
{% set key = ['option_id', 'tier_start_tokens'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(ref('option_input'), key=key, whole=true) }}
