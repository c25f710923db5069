{{ config(alias='region') }}

{{ reference_table(
    key=['provider', 'region'],
    identity=['name', 'country', 'tariff_zone'],
) }}
