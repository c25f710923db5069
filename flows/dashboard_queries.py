"""The queries behind the page of a night, on the published tables."""

# The best option of each kind, dearest last, with what moved since the night before.
WAYS = """
select best.option_kind, best.option_id, best.rank, best.usd_per_day, best.usd_per_day_low, best.usd_per_day_high,
    cost.usd_per_million_output_tokens_input_included as usd_per_million_output_tokens, cost.nodes_peak,
    cost.kwh_per_day, cost.kgco2e_per_day, cost.list_usd_per_day, best.price_origin, best.price_age_days,
    moved.change_usd_per_day
from cheapest_option as best
inner join daily_cost as cost using (scenario_id, option_id)
left join cost_change as moved using (scenario_id, option_id)
where scenario_id = ? order by best.rank
"""
# The best option of each kind, by class of cost.
KINDS = """
select cheapest.option_kind, cheapest.option_id, cheapest.rank, cheapest.usd_per_day, cheapest.usd_per_day_low,
    cheapest.usd_per_day_high, cheapest.price_origin, cheapest.price_age_days, parts.cost_class,
    sum(parts.usd_per_day) as class_usd_per_day
from cheapest_option as cheapest
inner join daily_cost_component as parts using (scenario_id, option_id)
where scenario_id = ?
group by all order by cheapest.rank, parts.cost_class
"""
# The best own server in every tariff zone, cheapest first; the cheapest rent of the service; and what an hour of the
# running hardware costs beside an hour of rent.
ZONES = """
with best as (
    select split_part(option_id, '/', 3) as sku, deployment from cheapest_option
    inner join daily_cost using (scenario_id, option_id)
    where scenario_id = $scenario and option_kind = 'owned'
),
rent as (
    select min(usd_per_day) as rent_usd_per_day from cheapest_option
    where scenario_id = $scenario and option_kind in ('on_demand', 'committed', 'mix', 'spot')
)
select cost.region as tariff_zone, cost.sku, cost.usd_per_day, cost.usd_per_day_low, cost.usd_per_day_high,
    cost.energy_usd + cost.cooling_usd as electricity_usd_per_day, cost.usd_per_kwh, cost.kgco2e_per_day,
    rent.rent_usd_per_day, merit.marginal_usd_per_accelerator_hour, merit.rent_usd_per_accelerator_hour,
    merit.shutdown_usd_per_kwh
from daily_cost as cost inner join best using (sku, deployment) cross join rent
left join merit_order as merit on merit.sku = cost.sku and merit.tariff_zone = cost.region
where cost.scenario_id = $scenario and cost.rank is not null
order by cost.usd_per_day, cost.region
"""
TARIFFS = """
select tariff_zone, zone.name, tariff.usd_per_kwh, tariff.usd_per_kwh_low, tariff.usd_per_kwh_high,
    zone.value as gco2_per_kwh, tariff.price_period, tariff.age_days, tariff.stale, tariff.source
from tariff_daily as tariff
inner join (select * from tariff_zone where attribute = 'grid_gco2_per_kwh') as zone using (tariff_zone)
where tariff.kind = 'retail'
qualify row_number() over (partition by tariff_zone order by tariff.price_date desc) = 1
order by tariff.usd_per_kwh, tariff_zone
"""
INDEX = """
with priced as (
    select *, case when purchase_option like '%3y%' then '3 years' when purchase_option like '%1y%' then '1 year'
        else replace(purchase_option, '_', ' ') end as commitment
    from accelerator_price_index
    where purchase_option in ('on_demand', 'spot') or purchase_option similar to '.*[13]y.*'
),
cheapest as (
    select accelerator, commitment, purchase_option, usd_per_accelerator_hour, usd_per_accelerator_hour_p25,
        usd_per_accelerator_hour_p75, price_count, providers
    from priced
    qualify row_number() over (
        partition by accelerator, commitment order by usd_per_accelerator_hour, purchase_option
    ) = 1
)
from cheapest
order by max(usd_per_accelerator_hour) over (partition by accelerator), accelerator, usd_per_accelerator_hour
"""
# Median on-demand price of an accelerator-hour on every date that saw a change, USD price lists only.
HISTORY = """
with sizes as (
    select provider, sku, any_value(accelerator) as accelerator, any_value(accelerators_per_node) as accelerators
    from option where deployment = 'cloud' group by all
),
prices as (
    select accelerator, price_per_hour / accelerators as usd_per_accelerator_hour, valid_from, valid_to
    from instance_price inner join sizes using (provider, sku)
    where purchase_option = 'on_demand' and operating_system = 'Linux' and currency = 'USD' and accelerators >= 1
),
dates as (
    select day from (select distinct unnest([valid_from, valid_to, $cost_date::date]) as day from prices)
    where day is not null order by day desc limit 60
)
select day, accelerator, median(usd_per_accelerator_hour) as usd_per_accelerator_hour, count(*) as price_count
from dates inner join prices on valid_from <= day and (valid_to is null or valid_to > day)
group by all having price_count >= 3 order by day, accelerator
"""
# What tonight's best option of each kind has cost: a row where it changed, and one for tonight.
COSTS = """
with versions as (
    select best.option_kind, best.option_id, past.usd_per_day, past.usd_per_day_low, past.usd_per_day_high,
        past.status, greatest(past.valid_from, best.cost_date - $days) as day,
        coalesce(past.valid_to, best.cost_date) as until
    from cheapest_option as best
    inner join cost_history as past using (scenario_id, option_id)
    where scenario_id = $scenario and (past.valid_to is null or past.valid_to > best.cost_date - $days)
),
ends as (
    select * replace (until as day) from versions
    qualify row_number() over (partition by option_id order by day desc) = 1 and until > day
)
from versions union all from ends order by option_kind, day
"""
NEGOTIATED = "select count(*) from daily_cost where rank is not null and usd_per_day <> list_usd_per_day"
FIRST_NIGHT = "select min(valid_from) from cost_history"
BREAK_EVEN = """
select first_way, second_way, first_usd_per_day, second_usd_per_day, break_even_requests_per_day,
    break_even_tokens_per_day, cheaper_at_small_volume, cheaper_at_large_volume, no_break_even_reason
from break_even where scenario_id = ? order by all
"""
SCALE = """
select option_kind, option_id, requests_per_day, nodes_peak, usd_per_day, usd_per_million_tokens
from scale_curve where scenario_id = ? and usd_per_million_tokens > 0 order by option_kind, requests_per_day
"""
SENSITIVITY = """
select figure, option_id, usd_per_day, at_low_usd_per_day, at_high_usd_per_day, swing_usd_per_day,
    coalesce(assumption.description, '') as meaning,
    assumption.low, assumption.high
from sensitivity left join assumption on assumption = figure
where scenario_id = ? and option_kind = 'owned' and swing_rank <= 8 order by swing_rank
"""
COST_CHANGES = """
select scenario_id, option_id, old_usd_per_day, new_usd_per_day, change_usd_per_day, by_price_usd, by_discount_usd,
    by_exchange_rate_usd, by_tariff_usd, by_model_usd, by_assumption_usd, by_scenario_usd
from cost_change where cost_change_kind = 'cost'
order by abs(change_usd_per_day / old_usd_per_day) desc, scenario_id, option_id limit 20
"""
COST_CHANGE_KINDS = "select cost_change_kind as kind, count(*) as costs from cost_change group by all order by 1"
PRICE_CHANGES = """
select provider, region, sku, purchase_option, currency, old_price_per_hour, new_price_per_hour,
    round(100 * (new_price_per_hour / old_price_per_hour - 1), 1) as change_percent
from price_change where change_kind = 'price'
order by abs(change_percent) desc, provider, region, sku, purchase_option limit 20
"""
CHANGE_KINDS = "select change_kind, count(*) as prices from price_change group by all order by 1"
# A source by its worst part; the address in a message without its query.
SOURCES = """
select source, arg_max(status, severity) as worst, string_agg(distinct status, ', ' order by status) as status,
    count(*) as parts, sum(accepted_rows) as accepted_rows, sum(quarantined_rows) as quarantined_rows,
    max(as_of) as as_of, max(age_days) as age_days,
    regexp_replace(coalesce(min(nullif(message, '')), ''), '[?][^ ]*[=][^ ]*:', '?...:') as message
from source_status
cross join lateral (
    select list_position(['complete', 'unchanged', 'skipped', 'failed', 'rejected'], status) as severity
)
group by source order by max(severity) desc, source
"""
ALERTS = """
select alert, count(*) as subjects,
    array_to_string(list(subject order by subject)[:8], ', ')
        || case when count(*) > 8 then format(' and {} more', count(*) - 8) else '' end as which
from alert group by alert order by alert
"""
