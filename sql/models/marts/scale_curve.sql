-- Cost of each scenario's best options from a thousand to a billion requests a day.
with final as (
    select
        {{ cost_date() }} as cost_date,
        scenario_id,
        option_kind,
        option_id,
        requests_per_day,
        nodes_peak::integer as nodes_peak,
        usd_per_day::decimal(18, 4) as usd_per_day,
        usd_per_million_tokens::decimal(28, 10) as usd_per_million_tokens
    from {{ ref('dec_scale_curve') }}
)

select * from final
order by scenario_id, option_kind, requests_per_day
