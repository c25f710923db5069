-- The cost of every scenario on every option through the nights: a row only where it changed.
{% set key = ['scenario_id', 'option_id'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_predicates=['DBT_INCREMENTAL_TARGET.valid_to is null'],
) }}

{{ history_of(ref('cost_total'), key=key, compared=['status', 'usd_per_day', 'usd_per_day_low', 'usd_per_day_high'], whole=true) }}
