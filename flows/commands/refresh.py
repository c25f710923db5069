"""``costwatt refresh``: the nightly flow once."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.commands.today import today
from flows.progress import say
from flows.published import manifest, open_published
from flows.settings import Settings, load_settings

STALE = 3
STALE_DAYS = 3


def refresh(
    day: Annotated[str, typer.Option("--date", help="Night to price, YYYY-MM-DD; default: today (UTC).")] = "",
    only: Annotated[str, typer.Option(help="Sources to ask, comma-separated; the others keep their rows.")] = "",
    strict: Annotated[bool, typer.Option("--strict", help="Exit 3 where a source is stale.")] = False,
) -> None:
    """Run the nightly job once and print today's table."""
    settings = load_settings()
    settings.paths.make()
    _check_day(settings, day)
    # a mute resolver holds each look-up for 10 s; glibc reads this at its first one
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
    from flows import prefect_home  # noqa: PLC0415  Prefect costs 2 s to import: only the night pays
    from flows.lock import only_one  # noqa: PLC0415
    from flows.sources import chosen  # noqa: PLC0415

    names = tuple(n.strip() for n in only.split(",") if n.strip())
    chosen(names)
    prefect_home.prepare(settings.paths)
    with only_one(settings.paths.lock):
        from flows.nightly import run_night  # noqa: PLC0415

        run = run_night(day=day, only=names)
    say(f"published {run}")
    today()
    if strict:
        _exit_if_stale(settings)


def _check_day(settings: Settings, day: str) -> None:
    if not day:
        return
    try:
        asked = date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"--date {day}: not a date; write YYYY-MM-DD") from None
    if asked > datetime.now(UTC).date():
        raise UsageError(f"--date {day}: lies in the future")
    last = (manifest(settings.paths) or {}).get("cost_date")
    if last and day < last:
        raise UsageError(f"--date {day}: before the last published night {last}; use: costwatt backfill --from {day}")


def _exit_if_stale(settings: Settings) -> None:
    with open_published(settings.paths) as con:
        stale = con.execute(
            "select source, max(age_days) from source_status where status <> 'skipped' group by source"
            " having coalesce(max(age_days), 9999) > ? order by source",
            [STALE_DAYS],
        ).fetchall()
    if stale:
        say(
            "stale: " + ", ".join(f"{source} ({age if age is not None else 'never answered'})" for source, age in stale)
        )
        raise typer.Exit(STALE)
