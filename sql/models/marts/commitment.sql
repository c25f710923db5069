-- How many nodes of each size to commit to, the hours above them bought on demand. Rent alone.
with final as (
    select
        {{ cost_date() }} as cost_date,
        scenario_id,
        provider,
        region,
        zone,
        sku,
        option_id,
        committed_purchase_option,
        committed_nodes::integer as committed_nodes,
        usd_per_day::decimal(18, 4) as rental_usd,
        all_committed_usd_per_day::decimal(18, 4) as all_committed_rental_usd,
        on_demand_usd_per_day::decimal(18, 4) as on_demand_rental_usd,
        saving_ratio,
        coverage_ratio as commitment_coverage_ratio,
        commitment_utilisation_ratio,
        break_even_utilisation_ratio,
        price_fall_ratio
    from {{ ref('dec_commitment') }}
)

select * from final
order by scenario_id, provider, region, zone, sku
