{{ config(alias='tariff_zone') }}

{{ reference_table(
    key=['tariff_zone'],
    identity=['country', 'name'],
) }}
