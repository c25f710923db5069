-- The serving plans as they were, night by night.
{% set key = ['scenario_id', 'node_shape', 'precision'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(ref('plan_input'), key=key, whole=true) }}
