{{ config(severity='warn') }}
-- A savings plan rate names the on-demand SKU that it discounts; the two files are published apart, so
-- some rates may have no such SKU yet.
with plans as (
    select * from {{ ref('hist_instance_price') }}
    where valid_to is null and source = 'aws_savings_plans'
),

on_demand as (
    select distinct
        region,
        split_part(source_key, '.', 1) as aws_sku
    from {{ ref('hist_instance_price') }}
    where valid_to is null and source = 'aws_prices' and purchase_option = 'on_demand'
),

-- only where the region's EC2 file was read at all
read_region as (
    select distinct region from on_demand
)

select
    plans.region,
    plans.sku,
    plans.purchase_option,
    plans.source_key
from plans
inner join read_region on plans.region = read_region.region
left join on_demand on plans.region = on_demand.region and split_part(plans.source_key, '.', 2) = on_demand.aws_sku
where on_demand.aws_sku is null
