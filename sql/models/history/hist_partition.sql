-- Every night's answers: what came, from where, and what became of it.
{{ config(
    unique_key=['cost_date', 'source', 'record', 'region', 'kind'],
    incremental_strategy='delete+insert',
    on_schema_change='append_new_columns',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where cost_date >= {{ cost_date() }}{% endif %}",
) }}

select * from {{ ref('stg_partition') }}
