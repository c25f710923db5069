"""Prefect's state lies in HOME, its server lives no longer than the process that needs it, and it phones nobody."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import CostwattError
from flows.home import Home
from flows.progress import say

START_SECONDS = 120
STOP_SECONDS = 5
KEEP_RESULTS_SECONDS = 7 * 86400
KEEP_RUNS_SECONDS = 30 * 86400
KEEP_LOG_BYTES = 1 << 20


def prepare(home: Home) -> None:
    """Point Prefect at HOME, quiet and private; what the user set wins. Runs before Prefect is imported."""
    defaults = {
        "PREFECT_HOME": str(home.prefect),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",  # in prefect_server.log
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "DO_NOT_TRACK": "1",
    }
    for name, value in defaults.items():
        os.environ.setdefault(name, value)


@contextmanager
def server(home: Home, *, schedules: bool = False) -> Iterator[bool]:
    """A Prefect server of this process alone; none is started where PREFECT_API_URL names one.

    It reads from a pipe whose other end only this process holds: when this process ends, in
    whatever way, the pipe closes and the server stops. It starts while the caller imports Prefect.

    Args:
        schedules: run the services that a schedule needs, not only those of a single flow.

    Yields:
        Whether it is ours.
    """
    if os.environ.get("PREFECT_API_URL"):
        yield False
        return
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        process = _start(listening, home.logs / "prefect_server.log", schedules=schedules)
    before = {name: os.environ.get(name) for name in ("PREFECT_API_URL", "NO_PROXY")}
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    os.environ["NO_PROXY"] = ",".join(filter(None, [before["NO_PROXY"], "127.0.0.1"]))
    try:
        yield True
    finally:
        _restore(before)
        _stop(process)


def wait_until_ready(log: Path) -> None:
    """Return once the server of PREFECT_API_URL answers.

    Raises:
        CostwattError: it ended, or did not answer within START_SECONDS.
    """
    address = os.environ["PREFECT_API_URL"]
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"{address}/health", timeout=START_SECONDS).close()
    except OSError as error:
        raise CostwattError(f"{address}: Prefect's server did not start ({error}); see {log}") from error


def settle_runs() -> None:
    """Tell our server what became of the runs that it holds, for a killed process told it nothing.

    What it takes for running has crashed, and of the missed ones it starts only the last: each would be a night of
    today. The caller holds refresh.lock, so no night is at work. Where it cannot be told, the night goes on.
    """
    import httpx  # noqa: PLC0415  of Prefect, which costs 2 s to import
    from prefect.client.orchestration import get_client  # noqa: PLC0415
    from prefect.client.schemas.filters import FlowRunFilter  # noqa: PLC0415
    from prefect.client.schemas.sorting import FlowRunSort  # noqa: PLC0415
    from prefect.exceptions import PrefectException  # noqa: PLC0415
    from prefect.states import Crashed  # noqa: PLC0415

    begun = FlowRunFilter.model_validate({"state": {"type": {"any_": ["PENDING", "RUNNING"]}}})
    missed = FlowRunFilter.model_validate(
        {"state": {"type": {"any_": ["SCHEDULED"]}}, "next_scheduled_start_time": {"before_": datetime.now(UTC)}}
    )
    try:
        with get_client(sync_client=True) as client:
            for run in client.read_flow_runs(flow_run_filter=begun):
                client.set_flow_run_state(run.id, Crashed(message="killed: its process is gone"), force=True)
            late = client.read_flow_runs(flow_run_filter=missed, sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC)
            for run in late[:-1]:
                client.delete_flow_run(run.id)
    except (httpx.HTTPError, PrefectException) as error:
        say(f"Prefect's list of runs was not put in order: {error}")


def _start(listening: socket.socket, log: Path, *, schedules: bool) -> subprocess.Popen[bytes]:
    """The server on a socket that already listens: no port to race for, and early callers wait in its queue."""
    defaults = {
        "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
        "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(KEEP_RUNS_SECONDS),
    }
    mode = {} if schedules else {"PREFECT__SERVER_EPHEMERAL": "1"}
    with log.open("wb" if log.exists() and log.stat().st_size > KEEP_LOG_BYTES else "ab") as errors:
        return subprocess.Popen(  # noqa: S603  our own module, by our own interpreter
            [sys.executable, "-m", "flows.prefect_server", str(listening.fileno())],
            env={**defaults, **os.environ, "PREFECT_UI_ENABLED": "0", **mode},
            stdin=subprocess.PIPE,
            stdout=errors,
            stderr=errors,
            pass_fds=[listening.fileno()],
        )


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def drop_old_results(results: Path) -> None:
    """Prefect keeps the result of a cached task for ever; ours serve a killed night for an hour."""
    for result in results.glob("*"):
        if result.is_file() and time.time() - result.stat().st_mtime > KEEP_RESULTS_SECONDS:
            result.unlink(missing_ok=True)
