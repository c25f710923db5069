"""A HOME in which nights go wrong: run the real command, and judge what it leaves."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import duckdb

from flows import prefect_home
from flows.home import Home
from tests.faults.impatient import SQL

ROOT = Path(__file__).resolve().parents[2]
IMPATIENT = ("-m", "tests.faults.impatient")
TIMEOUT_SECONDS = 600
SCENARIOS = {"dialogue-llama-70b", "summarise-qwen-32b"}  # with a latency target, and interruptible
# What a night must give again once the fault is gone; ages and dates of the night aside.
FIGURES = {
    "prices": "select provider, region, zone, sku, operating_system, purchase_option, currency, price_per_hour,"
    " upfront from instance_price_current order by all",
    "costs": "select scenario_id, option_id, status, usd_per_day from daily_cost order by all",
    "tariffs": "select tariff_zone, kind, local_per_kwh, currency from tariff_daily"
    " where price_date = (select max(price_date) from tariff_daily) order by all",
    "tokens": "select * exclude (valid_from, valid_to) from token_price where valid_to is null order by all",
}


@dataclass(frozen=True)
class Place:
    """One HOME and the environment that its nights run in."""

    home: Path
    env: Mapping[str, str]

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Start costwatt in a process of its own, impatient, with nothing of this environment but what it needs."""
        secret = ("COSTWATT_", "AWS_", "AZURE_")
        clean = {k: v for k, v in os.environ.items() if not k.startswith(secret)}
        given = {"AWS_EC2_METADATA_DISABLED": "true", "COSTWATT_HOME": str(self.home), "COSTWATT_COST_DRAWS": "256"}
        return subprocess.Popen(
            [sys.executable, *IMPATIENT, *arguments],
            env=clean | given | self.env | env,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def with_prefect(self, server: Mapping[str, str]) -> Place:
        """The same HOME on a shared server; the parts that a killed night has pulled are found again by either."""
        return replace(self, env={**self.env, **server})

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        process = self.start(*arguments, **env)
        out, err = process.communicate(timeout=TIMEOUT_SECONDS)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    def refresh(self, day: date, *more: str, **env: str) -> subprocess.CompletedProcess[str]:
        return self.run("refresh", "--date", day.isoformat(), *more, **env)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str((self.home / "published" / "cost.duckdb").resolve()), read_only=True) as con:
            return con.execute(sql).fetchall()

    def figures(self) -> dict[str, str]:
        """A digest of each group of figures of the published night."""
        return {n: hashlib.sha256(repr(self.rows(sql)).encode()).hexdigest()[:16] for n, sql in FIGURES.items()}

    def published_run(self) -> str:
        """Name of the published run, once everything in it is as its manifest says."""
        run = (self.home / "published").resolve()
        manifest = json.loads((run / "manifest.json").read_text())
        files = [manifest["database"], *manifest["tables"].values()]
        broken = [f["file"] for f in files if hashlib.sha256((run / f["file"]).read_bytes()).hexdigest() != f["sha256"]]
        if broken or manifest["run_id"] != run.name:
            raise AssertionError(f"{run}: not whole: {broken or manifest['run_id']}")
        return run.name


@contextmanager
def prefect_server(home: Path) -> Iterator[dict[str, str]]:
    """One Prefect server for many nights: they start in a quarter of the time."""
    before = dict(os.environ)
    paths = Home(home).make()
    try:
        prefect_home.prepare(paths)
        with prefect_home.server(paths):
            prefect_home.wait_until_ready(paths.logs / "prefect_server.log")
            yield {k: v for k, v in os.environ.items() if k.startswith(("PREFECT_", "NO_PROXY"))}
    finally:
        os.environ.clear()
        os.environ.update(before)


def few_scenarios(folder: Path) -> dict[str, str]:
    """Environment of nights that price two scenarios, with every model and check: in half the time."""
    small = folder / "sql"
    shutil.copytree(ROOT / "sql", small, ignore=shutil.ignore_patterns("target", "logs"))
    for name in ("scenario", "scenario_fact"):
        path = small / "seeds" / f"{name}.csv"
        with path.open(newline="") as file:
            head, *rows = csv.reader(file)
        with path.open("w", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([head, *(r for r in rows if r[0] in SCENARIOS)])
    return {SQL: str(small)}


def left_behind(home: Path) -> list[str]:
    """Command lines of processes that still work for a HOME."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes()
            command = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if f"COSTWATT_HOME={home}".encode() in environment.split(b"\0") and int(process.name) != os.getpid():
            found.append(command.replace(b"\0", b" ").decode().strip())
    return found


def gone(home: Path) -> list[str]:
    """What is left of a night after at most ten seconds."""
    deadline = time.monotonic() + 10
    while (found := left_behind(home)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
