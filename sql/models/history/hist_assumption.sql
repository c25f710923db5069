-- The assumptions as they were, night by night.
{% set key = ['assumption'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(ref('stg_assumption'), key=key, compared=['value', 'low', 'high'], whole=true) }}
