"""The nightly flow: pull every source, load and gate, transform, publish."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner

from connectors.ask import Connector
from connectors.web import Web
from flows import dbt, sources
from flows.landing import Status, prune
from flows.load import known_partitions, load_and_gate
from flows.progress import say
from flows.publish import export, record_run, swap
from flows.settings import Settings, load_settings

Result = TypeVar("Result")
WORKERS = 4


@task(task_run_name="plan {name}", cache_policy=NO_CACHE)
def plan_source(night: sources.Night, name: str, source: Connector) -> list[str]:
    """Which parts of a source to pull."""
    del name
    return sources.plan(night, source)


@task(task_run_name="pull {name} {region}", cache_policy=NO_CACHE)
def pull_part(night: sources.Night, name: str, source: Connector, region: str) -> list[Status]:
    """Pull one part of one source into landing."""
    statuses = sources.pull(night, source, region)
    kinds = ", ".join(sorted({s.kind for s in statuses if s.kind}))
    rows = sum(s.rows for s in statuses)
    told = "+".join(sorted({s.status for s in statuses}))
    reason = next((s.message for s in statuses if s.message), "")
    say(f"{name} {region} {kinds}: {told}, {rows} rows. {reason}".replace(" : ", ": "))
    return statuses


@task(cache_policy=NO_CACHE)
def load(night: sources.Night) -> None:
    """Landing files into the warehouse, through the gate."""
    load_and_gate(night.settings, night.day)


@task(cache_policy=NO_CACHE)
def transform(night: sources.Night, run: Path) -> dbt.BuildResult:
    """Staging, history, options, cost and marts, with their checks."""
    return dbt.build(night.settings, night.day, run / "cost.duckdb")


@task(cache_policy=NO_CACHE)
def publish(night: sources.Night, run: Path, seconds: dict[str, float]) -> None:
    """Parquet, manifest and the swap."""
    record_run(run / "cost.duckdb", run.name, night.day, seconds)
    export(run, run.name, night.day.isoformat())
    swap(night.settings.paths, run)


RUNNER: ThreadPoolTaskRunner[Any] = ThreadPoolTaskRunner(max_workers=WORKERS)


@flow(name="costwatt-nightly", task_runner=RUNNER, validate_parameters=False)  # type: ignore[arg-type]
def nightly(day: str = "", only: tuple[str, ...] = (), started: float = 0.0) -> str:
    """One night; returns the name of the published run.

    Args:
        day: ISO date of the night; empty for today (UTC).
        only: names of the sources to ask; empty for all.
        started: ``time.time()`` of the call, to tell Prefect's own start from ours.
    """
    seconds = {"prefect_start": round(time.time() - started, 3)} if started else {}
    for stage, took in seconds.items():
        say(f"{stage}: {took:.1f} s")
    settings = load_settings()
    cost_date = date.fromisoformat(day) if day else datetime.now(UTC).date()
    run = _new_run(settings)
    night = sources.Night(cost_date, settings, Web(offline=settings.offline), known_partitions(settings, cost_date))
    _timed(seconds, "fetch", lambda: _fetch(night, only))
    _timed(seconds, "load", lambda: load(night))
    built = _timed(seconds, "dbt", lambda: transform(night, run))
    for warning in built.warnings:
        say(f"check: {warning}")
    _timed(seconds, "publish", lambda: publish(night, run, dict(seconds)))
    prune(settings.paths.landing, settings.landing_keep)
    return run.name


def _fetch(night: sources.Night, only: tuple[str, ...]) -> None:
    connectors = sources.chosen(only)
    for url, why in night.web.probe(sources.addresses(connectors, night.settings)).items():
        say(f"{url}: {why}; its last accepted figures are used")
    plans = {c: plan_source.submit(night, c.name, c) for c in connectors}
    pulls = [pull_part.submit(night, c.name, c, region) for c, plan in plans.items() for region in plan.result()]
    for pull in pulls:
        pull.result()


def _new_run(settings: Settings) -> Path:
    """A folder for the new night, named so that names sort by time."""
    run = settings.paths.runs / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
    run.mkdir(parents=True)
    return run


def _timed(seconds: dict[str, float], stage: str, work: Callable[[], Result]) -> Result:
    started = time.monotonic()
    result = work()
    seconds[stage] = round(time.monotonic() - started, 3)
    say(f"{stage}: {seconds[stage]:.1f} s")
    return result


def run_night(**parameters: Any) -> str:
    """Call the flow and note when."""
    result: str = nightly(**parameters, started=time.time())
    return result
