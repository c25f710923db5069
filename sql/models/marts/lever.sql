-- What one change saves: on the best option of each kind, and on the typical one in the middle of the ranking.
with final as (
    select
        {{ cost_date() }} as cost_date,
        scenario_id,
        option_kind,
        reference,
        lever,
        option_id,
        better_option_id,
        better_model,
        better_precision,
        usd_per_day::decimal(18, 4) as usd_per_day,
        saving_usd_per_day::decimal(18, 4) as saving_usd_per_day,
        saving_usd_per_day / usd_per_day as saving_ratio
    from {{ ref('dec_lever') }}
)

select * from final
order by scenario_id, option_kind, reference, lever
