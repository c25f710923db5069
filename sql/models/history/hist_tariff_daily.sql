-- The tariff that each night's figures used, kept by night: any date can be asked as of then.
{{ config(
    unique_key=['price_date', 'tariff_zone', 'kind'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where price_date >= {{ cost_date() }}{% endif %}",
) }}

select * from {{ ref('opt_tariff') }}
