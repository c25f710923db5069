"""``costwatt compare``: two options line by line."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.explain import Day, Option, Scenario
from flows.commands.options import Currency, Form
from flows.render import Format
from flows.settings import load_settings


def compare(
    option: Option,
    other: Annotated[str, typer.Argument(help="The option to hold against it.")],
    scenario: Scenario = "dialogue-llama-70b",
    day: Day = "",
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """Two options line by line.

    Where their cost differs, and in which inputs.
    """
    from flows.explain import explained, notes_of_change  # noqa: PLC0415  the cost model takes its time to import
    from flows.progress import say  # noqa: PLC0415
    from flows.show_compare import show_compared  # noqa: PLC0415

    (first, second), rate = explained(load_settings(), [option, other], scenario, day, currency.upper())
    show_compared(first, second, form, currency=currency.upper(), rate=rate)
    for note in dict.fromkeys([*notes_of_change(first), *notes_of_change(second)]):
        say(note)
