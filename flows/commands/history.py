"""``costwatt history OPTION``: its price and cost through time."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import duckdb
import typer

from connectors.errors import UsageError
from flows.commands.options import Form
from flows.currency import units_per_usd
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
PLACES = 10  # of an amount for machines, as prices have them


def history(
    option: Annotated[str, typer.Argument(help="An option_id, e.g. aws/us-east-1/p5.48xlarge/on_demand.")],
    scenario: Annotated[str, typer.Option(help="Which service.")] = DEFAULT_SCENARIO,
    form: Form = Format.table,
    currency: Annotated[
        str, typer.Option(help="Currency of the amounts, e.g. EUR; left out: the one that each is in.")
    ] = "",
) -> None:
    """Price and cost of an option through time.

    A row for each change, oldest first.
    """
    with open_published(load_settings().paths) as con:
        result = con.execute(VERSIONS, {"option": option, "scenario": scenario})
        names = [d[0] for d in result.description or []]
        rows = result.fetchall()
        if currency:
            rows = [_converted(con, names, row, currency.upper()) for row in rows]
    if not rows:
        raise UsageError(f"{option}: no such option for --scenario {scenario}; see: costwatt today")
    if form is Format.table:
        amount = names.index("amount")
        rows = [(*r[:amount], money(r[amount], DIGITS[r[0]]), *r[amount + 1 :]) for r in rows]
    emit(names, rows, form, right=("amount",))


def _converted(
    con: duckdb.DuckDBPyConnection, names: list[str], row: tuple[Any, ...], currency: str
) -> tuple[Any, ...]:
    """A row in `currency`: all at the rates of the published night, so that what moves in them did move."""
    told = dict(zip(names, row, strict=True))
    own, per = told["unit"].split("/", 1)
    amount = told["amount"]
    if amount is not None and own != currency:
        amount = round(Decimal(amount) * units_per_usd(con, currency) / units_per_usd(con, own), PLACES)
    return tuple((told | {"amount": amount, "unit": f"{currency}/{per}"}).values())
