-- What an accelerator-hour costs across regions and sizes tonight, of the kinds of price that the ranking admits.
with listed as (
    select * from {{ ref('opt_instance_price') }}
    union all by name
    select * from {{ ref('opt_spot_price') }}
),

prices as (
    select
        listed.provider,
        listed.purchase_option,
        nodes.accelerator,
        listed.usd_per_hour / (nodes.accelerators_per_node * nodes.accelerator_fraction) as usd_per_accelerator_hour
    from listed
    inner join {{ ref('stg_node_type') }} as nodes using (provider, sku)
    where listed.operating_system = 'Linux' and listed.quality in ('list', 'quoted', 'measured')
),

final as (
    select
        {{ cost_date() }} as price_date,
        accelerator,
        purchase_option,
        string_agg(distinct provider, ',' order by provider) as providers,
        count(*) as price_count,
        quantile_cont(usd_per_accelerator_hour, 0.25)::decimal(18, 10) as usd_per_accelerator_hour_p25,
        median(usd_per_accelerator_hour)::decimal(18, 10) as usd_per_accelerator_hour,
        quantile_cont(usd_per_accelerator_hour, 0.75)::decimal(18, 10) as usd_per_accelerator_hour_p75
    from prices
    group by all
)

select * from final
order by accelerator, purchase_option
