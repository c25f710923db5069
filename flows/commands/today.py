"""``costwatt today``: what a service costs today."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import Currency, Form
from flows.currency import published_rate
from flows.published import open_costs
from flows.render import Format
from flows.settings import load_settings
from flows.show_today import show
from flows.today import DEFAULT_SCENARIO, Filters
from flows.today import today as read_today


def today(
    scenario: Annotated[str, typer.Option(help="Which service.")] = DEFAULT_SCENARIO,
    provider: Annotated[str | None, typer.Option(help="aws, azure, onprem, openai, ...")] = None,
    region: Annotated[str | None, typer.Option(help="A cloud region or a tariff zone.")] = None,
    max_price_age: Annotated[int | None, typer.Option(help="Hide prices older than this many days.", min=0)] = None,
    top: Annotated[int, typer.Option(help="How many options to list.", min=1)] = 15,
    all_regions: Annotated[bool, typer.Option("--all-regions", help="List every region, not the cheapest.")] = False,
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """What a service costs today.

    The one figure per day, then the ranked options, then what is not ranked and why.
    """
    filters = Filters(scenario, provider, region, max_price_age, top, all_regions=all_regions)
    home = load_settings().paths
    rate = published_rate(home, currency.upper())
    with open_costs(home) as (con, baseline):
        answer = read_today(con, filters)
    show(answer, scenario, form, currency=currency.upper(), rate=rate, baseline=baseline)
