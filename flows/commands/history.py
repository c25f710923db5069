"""``costwatt history OPTION``: its price and cost through time."""

from __future__ import annotations

from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.commands.options import Form
from flows.published import open_published
from flows.render import Format, emit, money
from flows.settings import load_settings
from flows.today import DEFAULT_SCENARIO

# What an option costs to buy, and what the scenario then costs on it: versions, oldest first.
VERSIONS = """
with bought as (
    select * from option where option_id = $option qualify row_number() over (order by tier_start_tokens) = 1
),
prices as (
    select 'price' as what, valid_from, valid_to, price_per_hour as amount, currency || '/hour' as unit,
        price_origin as note
    from instance_price semi join bought using (provider, region, zone, sku, purchase_option)
    where operating_system = 'Linux'
),
tokens as (
    select 'price', t.valid_from, t.valid_to, t.per_million_output, t.currency || '/million output tokens', t.source
    from token_price as t
    inner join bought as b on b.provider = t.provider and b.region = t.region and b.sku = t.model
        and b.purchase_option = t.tier and b.tier_start_tokens = t.tier_start_tokens
),
costs as (
    select 'cost', valid_from, valid_to, usd_per_day, 'USD/day', status || if(is_backfilled, ', backfilled', '')
    -- a night of an older version lacks the column
    from (from cost_history union all by name select null::boolean as is_backfilled where false)
    where option_id = $option and scenario_id = $scenario
)
from prices union all from tokens union all from costs
order by what desc, valid_from, unit, amount
"""

DIGITS = {"price": 4, "cost": 2}


def history(
    option: Annotated[str, typer.Argument(help="An option_id, e.g. aws/us-east-1/p5.48xlarge/on_demand.")],
    scenario: Annotated[str, typer.Option(help="Which service.")] = DEFAULT_SCENARIO,
    form: Form = Format.table,
) -> None:
    """Price and cost of an option through time.

    A row for each change, oldest first.
    """
    with open_published(load_settings().paths) as con:
        result = con.execute(VERSIONS, {"option": option, "scenario": scenario})
        names = [d[0] for d in result.description or []]
        rows = result.fetchall()
    if not rows:
        raise UsageError(f"{option}: no such option for --scenario {scenario}; see: costwatt today")
    if form is Format.table:
        amount = names.index("amount")
        rows = [(*r[:amount], money(r[amount], DIGITS[r[0]]), *r[amount + 1 :]) for r in rows]
    emit(names, rows, form, right=("amount",))
