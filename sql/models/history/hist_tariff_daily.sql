-- The tariff that each night's figures used, kept by night: any date can be asked as of then.
{{ config(
    unique_key=['price_date', 'tariff_zone', 'kind'],
) }}

select * from {{ ref('opt_tariff') }}
