"""Where the parts of a night are pulled: threads of this process, or the workers of a Dask cluster."""

from __future__ import annotations

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import opaque

from connectors.errors import CostwattError, UsageError
from flows.settings import Settings

WORKERS = 4
CONNECT_S = "10s"


def task_runner(settings: Settings) -> TaskRunner[Any]:
    """The runner that the settings name; enter it before use.

    Raises:
        UsageError: Dask is asked for and not installed.
        CostwattError: no scheduler answers at the address.
    """
    if settings.task_runner == "thread":
        return ThreadPoolTaskRunner(max_workers=WORKERS)
    try:
        from distributed import Client  # noqa: PLC0415  of the extra [dask]
        from prefect_dask.task_runners import DaskTaskRunner  # noqa: PLC0415
    except ImportError:
        raise UsageError("TASK_RUNNER=dask needs Dask; install it: pip install 'costwatt[dask]'") from None
    try:
        Client(settings.dask_address, timeout=CONNECT_S, set_as_default=False).close()  # type: ignore[no-untyped-call]
    except (OSError, ValueError) as error:
        told = " ".join(str(error).split())
        raise CostwattError(f"{settings.dask_address}: no Dask scheduler answers ({told})") from None
    return DaskTaskRunner(address=settings.dask_address)


def one_at_a_time() -> TaskRunner[Any]:
    """The runner of sources whose parts wait for each other: one thread here, wherever the others are pulled."""
    return ThreadPoolTaskRunner(max_workers=1)


def handed_to(runner: TaskRunner[Any], value: object) -> object:
    """A parameter as a runner can take it.

    Prefect must not walk into what threads share, for others add dead hosts to what it would iterate over; a worker of
    Dask gets a copy, and a wrapped value would reach it as a tuple.
    """
    return opaque(value) if isinstance(runner, ThreadPoolTaskRunner) else value
