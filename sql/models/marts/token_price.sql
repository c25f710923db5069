select
    provider,
    region,
    model,
    tier,
    tier_start_tokens,
    currency,
    per_million_input,
    per_million_cached_input,
    per_million_output,
    second_vote,
    quality,
    source,
    source_url,
    source_version,
    source_key,
    published_at,
    valid_from,
    valid_to
from {{ ref('hist_token_price') }}
order by provider, region, model, tier, tier_start_tokens, currency, source, valid_from
