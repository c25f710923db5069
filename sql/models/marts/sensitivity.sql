-- What moves a cost: one uncertain figure at a time at its P5 and at its P95.
with moved as (
    select
        scenario_id,
        option_kind,
        option_id,
        figure::varchar as figure,
        low_usd_per_day::decimal(18, 4) as at_low_usd_per_day,
        high_usd_per_day::decimal(18, 4) as at_high_usd_per_day,
        abs(at_high_usd_per_day - at_low_usd_per_day)::decimal(18, 4) as swing_usd_per_day
    from {{ ref('dec_sensitivity') }}
),

final as (
    select
        {{ cost_date() }} as cost_date,
        moved.scenario_id,
        moved.option_kind,
        moved.option_id,
        moved.figure,
        best.usd_per_day,
        moved.at_low_usd_per_day,
        moved.at_high_usd_per_day,
        moved.swing_usd_per_day,
        row_number() over (
            partition by moved.scenario_id, moved.option_kind
            order by moved.swing_usd_per_day desc, moved.figure asc
        )::integer as swing_rank
    from moved
    inner join {{ ref('cheapest_option') }} as best using (scenario_id, option_kind)
    -- what moves a cost by less than is published does not move it
    where moved.swing_usd_per_day > 0
)

select * from final
order by scenario_id, option_kind, swing_rank
