-- What published training runs would cost tonight, on the cheapest nodes of each accelerator and purchase option.
with final as (
    select
        {{ cost_date() }} as cost_date,
        model,
        accelerator,
        purchase_option,
        option_id,
        region,
        active_params,
        training_tokens,
        training_flop,
        accelerator_hours,
        days_on_1024_accelerators,
        kwh,
        usd_per_accelerator_hour::decimal(18, 10) as paid_usd_per_accelerator_hour,
        training_usd::decimal(38, 4) as training_usd,
        training_usd_low::decimal(38, 4) as training_usd_low,
        training_usd_high::decimal(38, 4) as training_usd_high,
        amortised_usd_per_day::decimal(38, 4) as amortised_usd_per_day,
        source,
        as_of
    from {{ ref('dec_training_cost') }}
)

select * from final
order by model, accelerator, purchase_option
