-- The demand profiles as they were, night by night.
{% set key = ['profile', 'hour'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(ref('stg_demand_profile'), key=key, compared=['share_of_day'], whole=true) }}
