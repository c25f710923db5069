{{ config(alias='model') }}

{{ reference_table(
    key=['model'],
    identity=['name', 'model_type', 'architecture', 'licence_kind', 'assumed'],
) }}
