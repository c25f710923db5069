select * from {{ ref('opt_all') }}
order by option_id, tier_start_tokens
