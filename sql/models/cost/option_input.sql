-- What the cost model sees of an option: its row without sources, dates and ages.
{{ config(materialized='view') }}

select
    * exclude (
        price_origin, price_as_of, price_age_days, source, source_url, source_version, source_key, fx_date, fx_source,
        quality
    ) replace (coalesce(tier_start_tokens, 0) as tier_start_tokens)
from {{ ref('opt_all') }}
