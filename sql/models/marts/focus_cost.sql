-- The ranked costs as rows of a cost-and-usage dataset: shaped like FOCUS 1.2, but modelled, never billed.
-- A view, for as a table it would be a third of the night's bytes; Parquet and Postgres carry its rows.
-- FOCUS spells its columns in Pascal case:
-- noqa: disable=CP02
{{ config(materialized='view') }}

{# named without their database: the view must work wherever the file is attached -#}
{% set daily_cost = ref('daily_cost').include(database=false) %}
{% set daily_cost_component = ref('daily_cost_component').include(database=false) %}
{% set option = ref('option').include(database=false) %}
with costs as (
    select * from {{ daily_cost }}
    where rank is not null
),

components as (
    select * from {{ daily_cost_component }}
),

rented as (
    select
        option_id,
        on_demand_usd_per_hour,
        list_on_demand_usd_per_hour,
        -- what is off the list price, as a share of what is paid
        coalesce(egress_discount_ratio / (1 - egress_discount_ratio), 0) as off_egress_ratio,
        coalesce(storage_discount_ratio / (1 - storage_discount_ratio), 0) as off_storage_ratio
    from {{ option }}
    where deployment = 'cloud'
),

lines as (
    select
        costs.*,
        components.component,
        components.cost_class,
        components.formula,
        components.usd_per_day as effective_cost,
        components.usd_per_day_low as effective_cost_low,
        components.usd_per_day_high as effective_cost_high,
        case
            when components.component in ('rental_usd', 'hardware_usd', 'maintenance_usd') then 'Compute'
            when components.component = 'storage_usd' then 'Storage'
            when components.component = 'network_usd' then 'Networking'
            when components.component = 'tokens_usd' then 'AI and Machine Learning'
            else 'Other'
        end as service_category,
        case components.component
            when 'rental_usd' then 'Virtual Machines'
            when 'storage_usd' then 'Block Storage'
            when 'tokens_usd' then 'Generative AI'
            else 'Other (' || service_category || ')'
        end as service_subcategory,
        case costs.provider
            when 'aws' then 'Amazon Web Services'
            when 'azure' then 'Microsoft'
            when 'onprem' then 'Own site'
            else costs.provider
        end as provider_name,
        components.component = 'rental_usd' as is_rental,
        is_rental and regexp_matches(costs.purchase_option, '^(reserved|savings|capacity_block)') as is_committed,
        case when is_rental then costs.node_hours else 1 end::decimal(18, 6) as quantity,
        -- a commitment's discount shows in the effective cost alone: its hours are listed and contracted as on demand
        if(is_committed or (is_rental and costs.purchase_option = 'mix'), quantity, null) as undiscounted_hours,
        -- what was negotiated off egress and disks; of the whole discount, the rest is off the rent, or off the tokens
        (costs.network_usd * rented.off_egress_ratio)::decimal(18, 4) as off_network,
        (costs.storage_usd * rented.off_storage_ratio)::decimal(18, 4) as off_storage,
        case components.component
            when 'network_usd' then coalesce(off_network, 0)
            when 'storage_usd' then coalesce(off_storage, 0)
            when 'rental_usd' then costs.list_usd_per_day - costs.usd_per_day - off_network - off_storage
            when 'tokens_usd' then costs.list_usd_per_day - costs.usd_per_day
            else 0
        end as off_list,
        coalesce(undiscounted_hours * rented.list_on_demand_usd_per_hour, effective_cost + off_list)::decimal(18, 4)
            as list_cost,
        coalesce(undiscounted_hours * rented.on_demand_usd_per_hour, effective_cost)::decimal(18, 4)
            as contracted_cost,
        case when is_rental then 'Hours' else 'Days' end as unit
    from costs
    inner join components using (scenario_id, option_id)
    left join rented using (option_id)
    -- here, where a row is a third as wide as in the end; what only selects keeps the order
    order by costs.scenario_id, costs.option_id, components.component
),

final as (
    select
        null::varchar as AvailabilityZone,
        0::decimal(18, 4) as BilledCost,
        'costwatt-modelled' as BillingAccountId,
        'costwatt: modelled, not billed' as BillingAccountName,
        'Model' as BillingAccountType,
        'USD' as BillingCurrency,
        timezone('UTC', date_trunc('month', cost_date) + interval 1 month) as BillingPeriodEnd,
        timezone('UTC', date_trunc('month', cost_date)::timestamp) as BillingPeriodStart,
        'Usage' as ChargeCategory,
        null::varchar as ChargeClass,
        formula as ChargeDescription,
        case when is_committed then 'Recurring' else 'Usage-Based' end as ChargeFrequency,
        timezone('UTC', cost_date + interval 1 day) as ChargePeriodEnd,
        timezone('UTC', cost_date::timestamp) as ChargePeriodStart,
        case when is_committed then if(starts_with(purchase_option, 'savings'), 'Spend', 'Usage') end
            as CommitmentDiscountCategory,
        case when is_committed then option_id end as CommitmentDiscountId,
        case when is_committed then purchase_option end as CommitmentDiscountName,
        case when is_committed then 'Used' end as CommitmentDiscountStatus,
        case when is_committed then purchase_option end as CommitmentDiscountType,
        quantity as ConsumedQuantity,
        unit as ConsumedUnit,
        contracted_cost as ContractedCost,
        -- unit prices are wide: price x quantity in decimals of 18 digits overflows at 100 USD
        (contracted_cost / nullif(quantity, 0))::decimal(28, 10) as ContractedUnitPrice,
        effective_cost as EffectiveCost,
        null::varchar as InvoiceId,
        provider_name as InvoiceIssuerName,
        list_cost as ListCost,
        (list_cost / nullif(quantity, 0))::decimal(28, 10) as ListUnitPrice,
        case
            when is_committed then 'Committed'
            when is_rental and purchase_option = 'spot' then 'Dynamic'
            when is_rental and purchase_option = 'mix' then 'Other'
            else 'Standard'
        end as PricingCategory,
        quantity as PricingQuantity,
        unit as PricingUnit,
        provider_name as ProviderName,
        provider_name as PublisherName,
        region as RegionId,
        region as RegionName,
        option_id as ResourceId,
        sku as ResourceName,
        deployment as ResourceType,
        service_category as ServiceCategory,
        'LLM service' as ServiceName,
        service_subcategory as ServiceSubcategory,
        sku as SkuId,
        component as SkuMeter,
        option_id as SkuPriceId,
        null::varchar as SubAccountId,
        null::varchar as SubAccountName,
        json_object('scenario', scenario_id, 'model', model)::varchar as Tags,
        true as x_is_modelled,
        scenario_id as x_scenario_id,
        option_id as x_option_id,
        component as x_component,
        cost_class as x_cost_class,
        rank as x_rank,
        effective_cost_low as x_effective_cost_low,
        effective_cost_high as x_effective_cost_high,
        price_origin as x_price_origin
    from lines
)

select * from final
