"""``costwatt serve``: the nightly schedule on one box, in one process."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from typing import Annotated, NoReturn

import typer

from connectors.errors import CostwattError, UsageError
from flows.lock import only_one
from flows.progress import say
from flows.settings import load_settings

NAME = "nightly"
TERMINATED = 128 + signal.SIGTERM  # as shells count


def serve(
    cron: Annotated[str, typer.Option(help="When, as five cron fields.")] = "15 5 * * *",
    timezone: Annotated[str, typer.Option(help="IANA name of the zone that the hour is meant in.")] = "UTC",
) -> None:
    """Run the nightly job on a schedule until stopped.

    One night at a time; of those that a crash made it miss, the last is made up.
    """
    paths = load_settings().paths.make()
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
    # as in refresh: the named locks that a night's dbt makes outlive it here, and Python's tracker need not say so
    os.environ.setdefault("PYTHONWARNINGS", "ignore::UserWarning:multiprocessing.resource_tracker")
    signal.signal(signal.SIGTERM, _stop)  # until Prefect's runner has a handler of its own
    from flows import prefect_home  # noqa: PLC0415  Prefect costs 2 s to import

    prefect_home.prepare(paths)
    with prefect_home.server(paths, schedules=True) as is_ours:
        from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415
        from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

        from flows.nightly import nightly  # noqa: PLC0415
        from flows.prefect_runner import ServedFlow  # noqa: PLC0415

        try:
            schedule = CronSchedule(cron=cron, timezone=timezone)
        except ValueError:
            raise UsageError(
                f"--cron {cron!r} --timezone {timezone!r}: not a schedule; e.g. '15 5 * * *' UTC"
            ) from None
        prefect_home.wait_until_ready(paths.logs / "prefect_server.log")
        if is_ours:
            with suppress(CostwattError), only_one(paths.lock):  # else a night is at work, whose run is none to end
                prefect_home.settle_runs()
        say(f"costwatt-nightly at {cron} {timezone}; logs in {paths.logs}; stop with Ctrl-C")
        # no concurrency_limit of Prefect's: a night that a power cut ends would hold its slot for ever
        runner = ServedFlow(name=NAME, limit=1)
        flow = nightly.with_options(on_crashed=[ServedFlow.say_killed])
        runner.add_flow(flow, name=NAME, schedules=[schedule], entrypoint_type=EntrypointType.MODULE_PATH)
        try:
            asyncio.run(runner.start())
        except asyncio.CancelledError:
            if runner.ended_by == signal.SIGINT:
                raise KeyboardInterrupt from None
            _stop()


def _stop(*_: object) -> NoReturn:
    """One line and the exit code, raised: what has been begun is closed on the way out."""
    typer.echo("costwatt: stopped; the last published night stays", err=True)
    raise typer.Exit(TERMINATED)
