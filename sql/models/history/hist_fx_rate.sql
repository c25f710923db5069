{% set key = ['base_currency', 'quote_currency', 'rate_date', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook=rewind_hooks(),
) }}

{{ history_of(ref('stg_fx_rate'), key=key, compared=['rate']) }}
