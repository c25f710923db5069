-- The scenarios as they were, night by night.
{% set key = ['scenario_id'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(ref('stg_scenario'), key=key, whole=true) }}
