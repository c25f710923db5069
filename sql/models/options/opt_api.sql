-- Token APIs: models that somebody else serves, priced per token, one row per tier of the request's
-- size. Which of them serve a scenario's own model, and which another one, is said by token_model.
with prices as (
    select
        prices.*,
        fx.usd_per_unit,
        fx.fx_date,
        fx.fx_source
    from {{ ref('hist_token_price') }} as prices
    inner join {{ ref('opt_fx') }} as fx using (currency)
    where prices.valid_to is null
    -- a provider's own meters before a catalogue, a catalogue before its bundled copy
    qualify row_number() over (
        partition by prices.provider, prices.region, prices.model, prices.tier, prices.tier_start_tokens
        order by prices.source = 'bundled_token_prices', prices.source = 'token_prices', prices.source
    ) = 1
),

reviewed as (
    select
        provider,
        provider_model as model,
        min(price_as_of) as catalogue_price_as_of
    from {{ ref('token_model') }}
    group by all
),

dated as (
    select
        prices.*,
        -- a catalogue that answers tonight may hold a row that nobody has looked at for long
        least(
            case
                when prices.source = 'bundled_token_prices' then coalesce(prices.published_at::date, prices.valid_from)
                else {{ confirmed_on() }}
            end,
            if(prices.source in ('token_prices', 'bundled_token_prices'), reviewed.catalogue_price_as_of, null)
        ) as price_as_of
    from prices
    inner join reviewed using (provider, model)
    {{ answers_about('token_price', [
        'provider', 'region', 'model', 'tier', 'tier_start_tokens', 'currency'
    ]) }}
),

final as (
    select
        concat_ws('/', 'api', provider, region, model, tier) as option_id,
        'api' as deployment,
        'tokens' as billing,
        provider,
        region,
        '' as zone,
        model as sku,
        tier as purchase_option,
        true as deployable,
        tier_start_tokens,
        (per_million_input * usd_per_unit)::double as usd_per_million_input_tokens,
        (per_million_cached_input * usd_per_unit)::double as usd_per_million_cached_tokens,
        (per_million_output * usd_per_unit)::double as usd_per_million_output_tokens,
        {{ discount_ratio("'tokens'", 'dated.provider', 'dated.tier', 'dated.model') }} as tokens_discount_ratio,
        quality,
        case
            when source = 'bundled_token_prices' then 'bundled'
            when price_as_of < {{ cost_date() }} then 'last_known'
            else 'live'
        end as price_origin,
        price_as_of,
        source,
        source_url,
        source_version,
        source_key,
        currency,
        usd_per_unit,
        fx_date,
        fx_source
    from dated
)

select * from final
