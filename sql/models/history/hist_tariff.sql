{% set key = ['tariff_zone', 'kind', 'price_date', 'band', 'source'] %}
{{ config(
    unique_key=key + ['valid_from'],
) }}

{{ history_of(
    ref('stg_tariff'),
    key=key,
    partition=['source', 'part_region', 'part_kind'],
    complete=ref('stg_complete_contract'),
    compared=['local_per_kwh', 'local_per_kwh_low', 'local_per_kwh_high', 'demand_per_kw_month', 'currency'],
) }}
