{{ config(alias='server') }}

{{ reference_table(
    key=['server'],
    identity=['name', 'vendor', 'accelerator'],
    prefix='stg_',
) }}
