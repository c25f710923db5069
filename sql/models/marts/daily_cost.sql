with costs as (
    select * from {{ ref('cost_row') }}
),

ranked as (
    select
        scenario_id,
        option_id,
        row_number() over (partition by scenario_id order by usd_per_day, option_id)::integer as rank
    from costs
    where is_rankable
),

final as (
    select
        {{ cost_date() }} as cost_date,
        costs.scenario_id,
        costs.option_id,
        costs.model,
        costs.deployment,
        costs.provider,
        costs.region,
        costs.sku,
        costs.purchase_option,
        costs.accelerator,
        costs.accelerators_per_node,
        costs.precision,
        costs.tensor_parallel::integer as tensor_parallel,
        costs.expert_parallel::integer as expert_parallel,
        costs.replicas_peak::integer as replicas,
        costs.replicas_per_node::integer as replicas_per_node,
        costs.batch::integer as batch,
        costs.output_tok_s_per_replica as tok_s_per_replica,
        costs.ttft_ms,
        costs.itl_ms,
        costs.bound_by,
        costs.nodes_peak::integer as nodes_peak,
        costs.nodes_mean,
        costs.node_hours_per_day as node_hours,
        costs.utilisation,
        costs.status,
        costs.status_reason,
        costs.evidence,
        costs.equivalence,
        costs.quality,
        ranked.rank,
        costs.usd_per_day::decimal(18, 4) as usd_per_day,
        costs.usd_per_day_p50,
        costs.usd_per_day_low,
        costs.usd_per_day_high,
        costs.list_usd_per_day,
        costs.rental_usd,
        costs.hardware_usd,
        costs.energy_usd,
        costs.cooling_usd,
        costs.facility_usd,
        costs.network_usd,
        costs.storage_usd,
        costs.software_usd,
        costs.maintenance_usd,
        costs.staff_usd,
        costs.tokens_usd,
        costs.upfront_usd,
        (costs.usd_per_day / costs.requests_per_day)::decimal(28, 10) as usd_per_request,
        costs.usd_per_million_tokens::decimal(28, 10) as usd_per_million_tokens,
        costs.usd_per_million_output_tokens_input_included::decimal(28, 10)
            as usd_per_million_output_tokens_input_included,
        costs.kwh_per_day,
        costs.kgco2e_per_day,
        costs.price_as_of,
        costs.price_age_days,
        costs.price_origin,
        costs.tariff_zone,
        costs.tariff_band,
        costs.usd_per_kwh,
        '{{ var("model_version") }}' as model_version,
        costs.scenario_hash,
        costs.assumption_hash
    from costs
    left join ranked using (scenario_id, option_id)
)

select * from final
order by scenario_id, option_id
