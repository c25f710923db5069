{{ config(alias='scenario') }}

{{ reference_table(
    key=['scenario'],
    identity=['name', 'model', 'demand_profile', 'interruption_tolerated', 'allowed_precisions', 'assumed'],
) }}
