"""``costwatt refresh``: the nightly flow once."""

from __future__ import annotations

import os
import signal
import time
from typing import Annotated

import typer

from flows.commands.today import today
from flows.night_date import night_date
from flows.settings import load_settings

STALE = 3
SIGNALLED = 128  # plus the number of the signal, as shells count


def refresh(
    day: Annotated[str, typer.Option("--date", help="Night to price, YYYY-MM-DD; default: today (UTC).")] = "",
    only: Annotated[str, typer.Option(help="Sources to ask, comma-separated; the others keep their rows.")] = "",
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit 3 where an alert is raised: a source is stale, a price moved.")
    ] = False,
) -> None:
    """Run the nightly job once and print today's table."""
    settings = load_settings()
    settings.paths.make()
    night_date(settings, day)  # a wrong one is told at once; the flow asks again, for it may start without this
    # a mute resolver holds each look-up for 10 s; glibc reads this at its first one
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
    # dbt makes named locks: of a stopped night Python's tracker removes them, and need not say so after our line
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
    from flows import alerts, dbt, prefect_home  # noqa: PLC0415  Prefect costs 2 s to import: only the night pays
    from flows.given_checks import check_names  # noqa: PLC0415  as above
    from flows.lock import only_one  # noqa: PLC0415
    from flows.sources import chosen  # noqa: PLC0415

    names = tuple(n.strip() for n in only.split(",") if n.strip())
    chosen(names)
    check_names(settings)
    prefect_home.prepare(settings.paths)
    started = time.time()
    _heed_signals()
    with only_one(settings.paths.lock), prefect_home.server(settings.paths) as is_ours:
        from flows.nightly import nightly  # noqa: PLC0415

        dbt.read_ahead(settings)  # while Prefect's server starts, this process waits
        prefect_home.wait_until_ready(settings.paths.logs / "prefect_server.log")
        if is_ours:
            prefect_home.settle_runs()
        # a flow that begins makes an exception of SIGTERM, which what it lands in may swallow
        run = nightly.with_options(on_running=[_heed_signals])(day=day, only=names, started=started)
    today()
    found = alerts.read(settings.paths.runs / run)
    alerts.tell(found)
    if strict and found:
        raise typer.Exit(STALE)


def _heed_signals(*_: object, **__: object) -> None:
    """Stop at SIGTERM and Ctrl-C: Prefect makes an error of its own of either inside a task."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)


def _stop(number: int, _: object) -> None:
    """End at once: whatever a night was at, the next one goes on from it, and Prefect's server sees the pipe close."""
    os.write(2, b"costwatt: stopped; the last published night stays\n")
    os._exit(SIGNALLED + number)
