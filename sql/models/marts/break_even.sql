-- Buy, rent or call an API: the volume at which the best options of two ways cost the same.
with final as (
    select
        {{ cost_date() }} as cost_date,
        scenario_id,
        first_way,
        second_way,
        first_option_id,
        second_option_id,
        first_usd_per_day::decimal(18, 4) as first_usd_per_day,
        second_usd_per_day::decimal(18, 4) as second_usd_per_day,
        break_even_requests_per_day,
        break_even_tokens_per_day,
        straight_line_tokens_per_day,
        break_even_utilisation_ratio,
        cheaper_at_small_volume,
        cheaper_at_large_volume,
        case
            when break_even_requests_per_day is null
                then cheaper_at_small_volume || ' is cheaper at 100 and at 10 billion requests a day'
        end as no_break_even_reason
    from {{ ref('dec_break_even') }}
)

select * from final
order by scenario_id, first_way, second_way
