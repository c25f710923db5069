-- What an accelerator-hour costs across regions and sizes tonight.
with prices as (
    select
        prices.purchase_option,
        nodes.accelerator,
        prices.usd_per_hour / (nodes.accelerators_per_node * nodes.accelerator_fraction) as usd_per_accelerator_hour
    from {{ ref('opt_instance_price') }} as prices
    inner join {{ ref('stg_node_type') }} as nodes using (provider, sku)
    where prices.operating_system = 'Linux'
),

final as (
    select
        {{ cost_date() }} as price_date,
        accelerator,
        purchase_option,
        count(*) as price_count,
        quantile_cont(usd_per_accelerator_hour, 0.25)::decimal(18, 10) as usd_per_accelerator_hour_p25,
        median(usd_per_accelerator_hour)::decimal(18, 10) as usd_per_accelerator_hour,
        quantile_cont(usd_per_accelerator_hour, 0.75)::decimal(18, 10) as usd_per_accelerator_hour_p75
    from prices
    group by all
)

select * from final
order by accelerator, purchase_option
