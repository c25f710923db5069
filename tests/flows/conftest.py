"""Whole nights, run once per session as a person would: the command, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from flows.baseline import BASELINE_DATE
from tests.fakes import __main__ as all_fakes
from tests.fakes.server import Server

AWS_REGIONS = "us-east-1,us-west-2,eu-central-1,eu-west-1"


@pytest.fixture(scope="session", autouse=True)
def ctrl_c() -> None:
    """Heard also where a shell runs the tests in the background, and so has them and all they start ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@dataclass(frozen=True)
class Night:
    """A HOME in which nights ran, and what the last one printed."""

    home: Path
    env: dict[str, str]
    first: subprocess.CompletedProcess[str]

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return command(*arguments, env=self.env | env)

    def connect(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(str((self.home / "published" / "cost.duckdb").resolve()), read_only=True)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with self.connect() as con:
            return con.execute(sql).fetchall()


def command(*arguments: str, env: dict[str, str], prefix: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run costwatt in a child process with nothing of this environment but what it needs."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSTWATT_", "AWS_", "AZURE_", "PREFECT_"))}
    return subprocess.run(
        [*prefix, sys.executable, "-m", "flows", *arguments],
        env=clean | {"AWS_EC2_METADATA_DISABLED": "true"} | env,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


@pytest.fixture(scope="session")
def fakes() -> Iterator[Server]:
    with Server(all_fakes.all_fakes()) as server:
        yield server


@pytest.fixture(scope="session")
def live_night(fakes: Server, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One full night against the fakes."""
    home = tmp_path_factory.mktemp("live")
    env = fakes.settings() | {"COSTWATT_HOME": str(home), "COSTWATT_AWS_REGIONS": AWS_REGIONS}
    return Night(home, env, command("refresh", env=env))


@pytest.fixture(scope="session")
def offline_night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """One night with no network at all: an empty network namespace, where the machine allows one."""
    home = tmp_path_factory.mktemp("offline")
    env = {"COSTWATT_HOME": str(home)}
    return Night(home, env, command("refresh", "--date", BASELINE_DATE, env=env, prefix=no_network()))


def no_network() -> tuple[str, ...]:
    """Command prefix for a namespace with loopback alone; empty where it is not allowed."""
    prefix = ("unshare", "--net", "--map-root-user", sys.executable, str(Path(__file__).with_name("loopback_up.py")))
    try:
        allowed = subprocess.run([*prefix, "true"], capture_output=True, timeout=20, check=False).returncode == 0
    except OSError:
        allowed = False
    return prefix if allowed else ()
