-- Which own hardware to run first, and the tariff above which renting the same accelerator is cheaper.
with final as (
    select
        {{ cost_date() }} as cost_date,
        accelerator,
        sku,
        tariff_zone,
        rent_option_id,
        merit_rank::integer as merit_rank,
        (runs = 1)::boolean as own_is_cheaper,
        node_load_power_w,
        pue_ratio,
        usd_per_kwh::decimal(18, 10) as usd_per_kwh,
        marginal_usd_per_hour::decimal(18, 10) as marginal_usd_per_accelerator_hour,
        rent_usd_per_accelerator_hour::decimal(18, 10) as rent_usd_per_accelerator_hour,
        margin_usd_per_hour::decimal(18, 10) as margin_usd_per_accelerator_hour,
        shutdown_usd_per_kwh::decimal(18, 10) as shutdown_usd_per_kwh,
        case
            when marginal_usd_per_hour is null then 'no electricity tariff is known'
            when rent_option_id is null then 'no cloud lists this accelerator by the hour'
        end as unknown_margin_reason
    from {{ ref('dec_merit_order') }}
)

select * from final
order by accelerator, sku, tariff_zone
