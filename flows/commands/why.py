"""``costwatt why``: what moved an option's cost since an earlier night."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.explain import Option, Scenario
from flows.commands.options import Currency, Form
from flows.render import Format
from flows.settings import load_settings


def why(
    option: Option,
    scenario: Scenario = "dialogue-llama-70b",
    since: Annotated[
        str, typer.Option(help="A night that is still kept, YYYY-MM-DD; default: the one before the last.")
    ] = "",
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """What moved an option's cost since a night.

    Price, discount, exchange rate, tariff, model, assumption or scenario, per day; the parts sum to the change.
    """
    from flows.show_why import show_change  # noqa: PLC0415  the cost model takes its time to import
    from flows.why import why as explain_change  # noqa: PLC0415

    change = explain_change(load_settings(), option, scenario, since, currency.upper())
    show_change(change, form, currency.upper())
