"""``costwatt serve``: the nightly schedule on one box, in one process."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.progress import say
from flows.settings import load_settings

NAME = "nightly"


def serve(
    cron: Annotated[str, typer.Option(help="When, as five cron fields.")] = "15 5 * * *",
    timezone: Annotated[str, typer.Option(help="IANA name of the zone that the hour is meant in.")] = "UTC",
) -> None:
    """Run the nightly job on a schedule until stopped.

    One night at a time; a missed one is caught up once.
    """
    paths = load_settings().paths.make()
    os.environ.setdefault("RES_OPTIONS", "timeout:1 attempts:1")
    from flows import prefect_home  # noqa: PLC0415  Prefect costs 2 s to import

    prefect_home.prepare(paths)
    with prefect_home.server(paths, schedules=True):
        from prefect.client.schemas.schedules import CronSchedule  # noqa: PLC0415
        from prefect.types.entrypoint import EntrypointType  # noqa: PLC0415

        from flows.nightly import nightly  # noqa: PLC0415

        try:
            schedule = CronSchedule(cron=cron, timezone=timezone)
        except ValueError:
            raise UsageError(
                f"--cron {cron!r} --timezone {timezone!r}: not a schedule; e.g. '15 5 * * *' UTC"
            ) from None
        prefect_home.wait_until_ready(paths.logs / "prefect_server.log")
        say(f"costwatt-nightly at {cron} {timezone}; logs in {paths.logs}; stop with Ctrl-C")
        nightly.serve(
            name=NAME,
            schedules=[schedule],
            limit=1,
            global_limit=1,
            print_starting_message=False,
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
