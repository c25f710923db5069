-- Every night's answers: what came, from where, and what became of it.
{{ config(
    unique_key=['cost_date', 'source', 'record', 'region', 'kind'],
) }}

select * from {{ ref('stg_partition') }}
