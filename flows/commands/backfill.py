"""``costwatt backfill``: days that no night has priced."""

from __future__ import annotations

from dataclasses import astuple
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.commands.options import Form
from flows.lock import only_one
from flows.progress import say
from flows.render import Format, emit
from flows.settings import load_settings

COLUMNS = ("region", "old_price_lists", "price_versions", "cost_days", "cost_rows")


def backfill(
    first: Annotated[str, typer.Option("--from", help="First day to fill, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day to fill; default: yesterday.")] = "",
    form: Form = Format.table,
) -> None:
    """Prices and costs of days that no night has priced.

    AWS prices from AWS's own old price lists, then costs from what history knows. What a night has seen stays.
    """
    settings = load_settings()
    settings.paths.make()
    start, end = _day("--from", first), _day("--to", last) if last else _yesterday()
    if end > _yesterday():
        raise UsageError(f"--to {end}: only days that are over are filled, until {_yesterday()}")
    if start > end:
        raise UsageError(f"--from {start}: lies after --to {end}")
    from flows.backfill import backfill as fill  # noqa: PLC0415  its readers cost a second to import

    with only_one(settings.paths.lock):
        filled = fill(settings, start, end)
    emit(COLUMNS, [astuple(f) for f in filled], form)
    say("published is what the last night left; readers see the filled days after the next one: costwatt refresh")


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name} {text}: not a date; write YYYY-MM-DD") from None


def _yesterday() -> date:
    return date.fromordinal(datetime.now(UTC).date().toordinal() - 1)
