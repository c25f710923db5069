"""``costwatt explain``: one option's cost, down to the source row of its price."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import Currency, Form
from flows.render import Format
from flows.settings import load_settings

Option = Annotated[str, typer.Argument(help="An option, as `costwatt today` prints it.")]
Scenario = Annotated[str, typer.Option(help="Which service.")]
Day = Annotated[
    str, typer.Option("--date", help="A night that is still kept, YYYY-MM-DD; default: the last one published.")
]


def explain(
    option: Option,
    scenario: Scenario = "dialogue-llama-70b",
    day: Day = "",
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """One option's cost, down to its sources.

    Each component with its formula and inputs: value, unit, P5 and P95, source and date.
    """
    from flows.explain import explained, notes_of_change  # noqa: PLC0415  the cost model takes its time to import
    from flows.progress import say  # noqa: PLC0415
    from flows.show_explain import show_explained  # noqa: PLC0415

    (found,), rate = explained(load_settings(), [option], scenario, day, currency.upper())
    show_explained(found, form, currency=currency.upper(), rate=rate)
    for note in notes_of_change(found):
        say(note)
