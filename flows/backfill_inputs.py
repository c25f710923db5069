"""What the cost model would have read on a day of the past, as tables ``day_...`` of the connection.

A day sees what a night of that day saw. What history came to know only later (a scenario, an assumption, an option) is
taken as it first was; the prices of such an option are those that history holds of the day itself, and an option whose
price of the day it does not hold is left out.
"""

from __future__ import annotations

from datetime import date

import duckdb

# Inputs that have a history, and what a row's versions have in common: of these, a day sees one version or none.
DATED = {
    "scenario": "scenario_id",
    "option": "option_id",
    "serving_plan": "scenario_id, node_shape",
    "demand_profile": "profile",
    "assumption": "assumption",
}
ON_DAY = "valid_from <= $day and coalesce(valid_to, 'infinity'::date) > $day"

SEEN = """
select * exclude (valid_from, valid_to)
from (
    select *, greatest($day::date, min(valid_from) over (partition by {key})) as seen_on from history.hist_{name}
)
where valid_from <= seen_on and coalesce(valid_to, 'infinity'::date) > seen_on
"""
DAY_INPUT = f"create or replace temp table day_{{name}} as select * exclude (seen_on) from ({SEEN})"

# Of an option that was known only later, what sql/models/options/opt_cloud.sql takes from its price. A negotiated
# discount is kept as the share of the list price that is paid, and the exchange rate as it stands in the row. A mix
# (opt_mix.sql) rests on the commitment that its first night chose: a cheaper one may be unknown on the day.
DAY_OPTION = f"""
create or replace temp table day_option as
with known as ({SEEN.format(name="option", key=DATED["option"])}),
told as (
    select * from known where seen_on = $day
),
later as (
    select *, usd_per_hour / list_usd_per_hour as paid_ratio
    from known where seen_on > $day and deployment = 'cloud' and list_usd_per_hour > 0
),
prices as (
    select provider, region, zone, sku, purchase_option, currency, price_per_hour, upfront,
        coalesce(term_hours, 0)::double as day_term_hours
    from history.hist_instance_price where operating_system = 'Linux' and {ON_DAY}
),
listed as (
    select later.*, day_term_hours,
        (price_per_hour * usd_per_unit)::decimal(18, 10) as day_list_usd,
        (coalesce(upfront, 0) * usd_per_unit)::decimal(18, 4) as day_upfront_usd
    from later inner join prices using (provider, region, zone, sku, purchase_option, currency)
),
priced as (
    select * exclude (paid_ratio, day_list_usd, day_upfront_usd, day_term_hours) replace (
        day_list_usd::double as list_usd_per_hour,
        (day_list_usd * paid_ratio)::decimal(18, 10)::double as usd_per_hour,
        (day_upfront_usd * paid_ratio)::decimal(18, 4)::double as upfront_usd,
        day_term_hours as term_hours
    )
    from listed
),
on_demand as (
    select provider, region, zone, sku,
        usd_per_hour as day_on_demand_usd, list_usd_per_hour as day_list_on_demand_usd
    from (from told union all by name from priced) where purchase_option = 'on_demand'
),
bought as (
    select priced.* replace (
        day_on_demand_usd as on_demand_usd_per_hour, day_list_on_demand_usd as list_on_demand_usd_per_hour
    )
    from priced left join on_demand using (provider, region, zone, sku)
),
chosen as (
    select mix.option_id as mix_id, provider, region, zone, sku,
        arg_min(base.purchase_option, (base.usd_per_hour, base.purchase_option)) as purchase_option
    from later as mix inner join history.hist_option as base using (provider, region, zone, sku)
    where mix.purchase_option = 'mix' and regexp_matches(base.purchase_option, '^(reserved|savings)')
        and base.usd_per_hour < base.on_demand_usd_per_hour
        and base.valid_from <= seen_on and coalesce(base.valid_to, 'infinity'::date) > seen_on
    group by all
),
mixes as (
    select bought.* replace (mix_id as option_id, 'mix' as billing, 'mix' as purchase_option)
    from bought inner join chosen using (provider, region, zone, sku, purchase_option)
    where usd_per_hour < on_demand_usd_per_hour
)
select * exclude (seen_on) from (from told union all by name from bought union all by name from mixes)
"""

# Pairs that the cost model has a row for; an API has one for the models that it serves.
MISSING = f"""
create or replace temp table day_missing as
select distinct scenario_id, option_id
from day_scenario as scenario
cross join day_option as option
left join reference.token_model as served
    on served.model = scenario.model and served.provider = option.provider and served.provider_model = option.sku
anti join (select scenario_id, option_id from history.hist_cost where {ON_DAY}) using (scenario_id, option_id)
where option.deployment <> 'api' or served.model is not null
"""

TABLES = {name: f"day_{name}" for name in DATED} | {
    "scenario": "(from day_scenario semi join day_missing using (scenario_id))",
    "option": "(from day_option semi join day_missing using (option_id))",
    "token_model": "reference.token_model",
}


def make_inputs(con: duckdb.DuckDBPyConnection, day: date) -> bool:
    """Make the tables of a day, and ``day_missing``, its pairs of scenario and option without a cost.

    Returns:
        Whether a cost is missing; if not, the other tables are not made.
    """
    _make(con, "scenario", day)
    con.execute(DAY_OPTION, {"day": day})
    ((missing,),) = con.execute(MISSING, {"day": day}).fetchall()
    for name in ("serving_plan", "demand_profile", "assumption") if missing else ():
        _make(con, name, day)
    return bool(missing)


def _make(con: duckdb.DuckDBPyConnection, name: str, day: date) -> None:
    con.execute(DAY_INPUT.format(name=name, key=DATED[name]), {"day": day})
