"""What the page of a night shows, read from its database: rows as plain dicts of text and numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

from flows.today import COLUMNS, DEFAULT_SCENARIO, Filters, today

Row = dict[str, Any]
TOP, SUBSTITUTES = 15, 8
CLASSES = ("hardware", "software", "labour", "energy", "network", "tokens")

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
# The best own server in every tariff zone, dearest electricity last, and the cheapest rent of a like service.
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
    rent.rent_usd_per_day
from daily_cost as cost inner join best using (sku, deployment) cross join rent
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
select accelerator,
    case when purchase_option like '%3y%' then '3-year commitment' when purchase_option like '%1y%'
        then '1-year commitment' else replace(purchase_option, '_', '-') end as commitment,
    arg_min(purchase_option, usd_per_accelerator_hour) as purchase_option,
    min(usd_per_accelerator_hour) as usd_per_accelerator_hour,
    arg_min(usd_per_accelerator_hour_p25, usd_per_accelerator_hour) as usd_per_accelerator_hour_p25,
    arg_min(usd_per_accelerator_hour_p75, usd_per_accelerator_hour) as usd_per_accelerator_hour_p75,
    arg_min(price_count, usd_per_accelerator_hour) as price_count
from accelerator_price_index
where purchase_option = 'on_demand' or purchase_option = 'spot' or purchase_option similar to '.*[13]y.*'
group by all order by accelerator, commitment
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
PRICE_CHANGES = """
select provider, region, sku, purchase_option, currency, old_price_per_hour, new_price_per_hour,
    round(100 * (new_price_per_hour / old_price_per_hour - 1), 1) as change_percent
from price_change where change_kind = 'price' order by abs(change_percent) desc, all limit 20
"""
CHANGE_KINDS = "select change_kind, count(*) as prices from price_change group by all order by 1"
SOURCES = """
select source, string_agg(distinct status, ', ' order by status) as status, count(*) as parts,
    sum(accepted_rows) as accepted_rows, sum(quarantined_rows) as quarantined_rows, max(as_of) as as_of,
    max(age_days) as age_days, coalesce(min(nullif(message, '')), '') as message
from source_status group by all order by source
"""
ALERTS = "select alert, count(*) as subjects, string_agg(subject, ', ' order by subject) as which from alert group by 1"


@dataclass(frozen=True)
class ScenarioView:
    """One scenario: its answer, its options and what they are made of."""

    name: str
    title: str
    facts: str
    best: Row | None
    energy_share: float | None
    own_energy_share: float | None
    options: list[Row]
    substitutes: list[Row]
    hidden: dict[str, int]
    kinds: list[Row]
    zones: list[Row]


@dataclass(frozen=True)
class NightView:
    """All that the page of one night shows."""

    cost_date: str
    scenarios: list[ScenarioView]
    market: dict[str, list[Row]]


def read_night(con: duckdb.DuckDBPyConnection) -> NightView:
    """Read the page's rows from a published database."""
    ((cost_date,),) = con.execute("select max(cost_date) from daily_cost").fetchall()
    market = {
        "tariffs": rows(con, TARIFFS),
        "index": rows(con, INDEX),
        "history": rows(con, HISTORY, {"cost_date": cost_date}),
        "price_changes": rows(con, PRICE_CHANGES),
        "change_kinds": rows(con, CHANGE_KINDS),
        "sources": rows(con, SOURCES),
        "alerts": rows(con, ALERTS),
    }
    names = [s for (s,) in con.execute("select distinct scenario_id from daily_cost order by 1").fetchall()]
    names.sort(key=lambda name: name != DEFAULT_SCENARIO)
    return NightView(str(cost_date), [_scenario(con, name) for name in names], market)


def rows(con: duckdb.DuckDBPyConnection, sql: str, values: Any = None) -> list[Row]:
    """Rows of a query as dicts; decimals become floats and dates ISO text, as JSON wants them."""
    result = con.execute(sql, values)
    names = [d[0] for d in result.description or []]
    return [_row(names, values) for values in result.fetchall()]


def _scenario(con: duckdb.DuckDBPyConnection, name: str) -> ScenarioView:
    answer = today(con, Filters(name, top=TOP, substitutes=SUBSTITUTES))
    kinds = rows(con, KINDS, [name])
    facts = rows(con, "select name, model, assumed, attribute, value from scenario where scenario = ?", [name])
    best = rows(con, "from scenario_daily where scenario_id = ?", [name])
    return ScenarioView(
        name=name,
        title=facts[0]["name"] if facts else name,
        facts=_facts(facts),
        best=best[0] if best else None,
        energy_share=best[0]["energy_class_usd"] / best[0]["usd_per_day"] if best else None,
        own_energy_share=_energy_share([k for k in kinds if k["option_kind"] == "owned"]),
        options=[_row(COLUMNS, option) for option in answer.options],
        substitutes=[_row(COLUMNS, option) for option in answer.substitutes],
        hidden=answer.hidden,
        kinds=kinds,
        zones=rows(con, ZONES, {"scenario": name}),
    )


def _facts(facts: list[Row]) -> str:
    """The service in one line: model, traffic, tokens, latency targets."""
    value = {f["attribute"]: f["value"] for f in facts}
    if "requests_per_day" not in value:
        return ""
    targets = [
        f"{label} {value[key]:,.0f} ms"
        for key, label in (("ttft_p95_ms", "first token p95"), ("itl_mean_ms", "between tokens"))
        if value.get(key)
    ]
    told = (
        f"{facts[0]['model']}: {value['requests_per_day']:,.0f} requests a day of {value['input_tokens']:,.0f} tokens"
        f" in and {value['output_tokens']:,.0f} out; {', '.join(targets) or 'no latency target'}"
    )
    return told + ("; the figures of this service were never published and are assumed" if facts[0]["assumed"] else "")


def _energy_share(parts: list[Row]) -> float | None:
    energy = sum(p["class_usd_per_day"] for p in parts if p["cost_class"] == "energy")
    return energy / parts[0]["usd_per_day"] if parts else None


def _row(names: Any, values: Any) -> Row:
    return {name: _plain(value) for name, value in zip(names, values, strict=True)}


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date | datetime) else value
