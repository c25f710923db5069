{% set key = ['base_currency', 'quote_currency', 'rate_date', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(ref('stg_fx_rate'), key=key, compared=['rate']) }}
