-- Costs that cross have a volume between those looked at, and change places there; others have a reason.
select
    scenario_id,
    first_way,
    second_way,
    break_even_requests_per_day,
    cheaper_at_small_volume,
    cheaper_at_large_volume,
    no_break_even_reason
from {{ ref('break_even') }}
where
    (break_even_requests_per_day is null) <> (cheaper_at_small_volume = cheaper_at_large_volume)
    or (break_even_requests_per_day is null) <> (no_break_even_reason is not null)
    or break_even_requests_per_day not between 100 and 10000000000
