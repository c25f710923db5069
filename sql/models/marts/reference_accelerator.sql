{{ config(alias='accelerator') }}

{{ reference_table(
    key=['accelerator'],
    identity=['name', 'vendor', 'kind', 'family'],
) }}
