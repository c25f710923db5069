{{ config(alias='model') }}

{{ reference_table(
    key=['model'],
    identity=['name', 'architecture', 'licence_kind', 'assumed'],
) }}
