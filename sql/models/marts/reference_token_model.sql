{{ config(alias='token_model') }}

select
    provider,
    provider_model as sku,
    model,
    equivalence,
    nullif(precision, 'unknown') as precision,
    note,
    price_as_of::date as price_as_of,
    source,
    as_of::varchar as as_of
from {{ ref('token_model') }}
order by provider, sku, model
