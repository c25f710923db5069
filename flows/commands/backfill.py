"""``costwatt backfill``: prices from before the first night."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.commands.options import Form
from flows.lock import only_one
from flows.render import Format, emit
from flows.settings import load_settings


def backfill(
    first: Annotated[str, typer.Option("--from", help="First day to fill, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="Last day to fill; default: yesterday.")] = "",
    form: Form = Format.table,
) -> None:
    """AWS prices of days before the first night.

    From AWS's own old price lists; what a night has seen itself stays as it is.
    """
    settings = load_settings()
    settings.paths.make()
    start, end = _day("--from", first), _day("--to", last) if last else _yesterday()
    if start > end:
        raise UsageError(f"--from {start}: lies after --to {end}")
    from flows.backfill import backfill as fill  # noqa: PLC0415  its readers cost a second to import

    with only_one(settings.paths.lock):
        filled = fill(settings, start, end)
    emit(("region", "old_price_lists", "price_versions"), [(f.region, f.versions, f.rows) for f in filled], form)


def _day(name: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{name} {text}: not a date; write YYYY-MM-DD") from None


def _yesterday() -> date:
    return date.fromordinal(datetime.now(UTC).date().toordinal() - 1)
