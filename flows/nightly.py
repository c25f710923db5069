"""The nightly flow: pull every source, load and gate, transform, publish."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.context import FlowRunContext
from prefect.events import emit_event

from connectors.errors import ConnectorError
from connectors.memory import give_back
from connectors.web import Web
from flows import alerts, dbt, interrupted, sources
from flows.artifacts import publish_artifacts
from flows.dashboard import write_dashboard
from flows.discounts import unused
from flows.given_checks import check_names, replaced_scenarios
from flows.landing import drop_later, prune, shown
from flows.load import known_partitions, load_and_gate
from flows.lock import only_one
from flows.night_date import night_date
from flows.postgres import publish_postgres
from flows.prefect_home import drop_old_results
from flows.progress import say
from flows.publish import export, night_before, record_run, swap
from flows.run_log import log, logged, reason
from flows.settings import Settings, load_settings
from flows.task_runner import handed_to, one_at_a_time, task_runner
from flows.warehouse import only_writer, tidy
from flows.what_if import beside

Result = TypeVar("Result")


@task(task_run_name="plan {name}", cache_policy=NO_CACHE)
def plan_source(night: sources.Night, name: str) -> list[str]:
    """Which parts of a source to pull."""
    night.settings.paths.make()  # a worker of Dask is a process of its own: the same folders, the same modes
    (source,) = sources.chosen((name,))
    return sources.plan(night, source)


def _part_key(_: object, parameters: dict[str, Any]) -> str:
    """One (source, region) of one try of a night: what a killed night has pulled, the next try keeps."""
    named = "/".join(parameters[n] for n in ("attempt", "name", "region"))
    return hashlib.sha256(named.encode()).hexdigest()


def _again(_: object, __: object, state: State[Any]) -> bool:
    """Whether a failed pull is worth another try; its exception says."""
    return sources.worth_another_try(state.result(raise_on_failure=False))


@task(
    task_run_name="pull {name} {region}",
    retries=1,
    retry_delay_seconds=2,
    retry_condition_fn=_again,
    cache_key_fn=_part_key,
    persist_result=True,
    result_serializer="json",
)
def pull_part(night: sources.Night, name: str, region: str, attempt: str) -> int:
    """Pull one part of one source into landing; the number of its rows."""
    del attempt
    night.settings.paths.make()  # as in plan_source
    (source,) = sources.chosen((name,))
    try:
        statuses = sources.pull(night, source, region)
    except ConnectorError as error:
        say(f"{name} {shown(region)}: failed. {error}", source=name, region=shown(region), status="failed")
        raise
    kinds = ", ".join(sorted({s.kind for s in statuses if s.kind}))
    rows = sum(s.rows for s in statuses)
    told = "+".join(sorted({s.status for s in statuses})) or "not asked"  # it has no region of the settings
    reason = next((s.message for s in statuses if s.message), "")
    line = f"{name} {region} {kinds}: {told}, {rows} rows. {reason}".replace(" : ", ": ")
    say(line, source=name, region=region, status=told, rows=rows)
    return rows


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
    """The page, Parquet, manifest and the swap; then what stands elsewhere: Prefect's artifacts and Postgres."""
    record_run(run / "cost.duckdb", run.name, night.day, seconds)
    write_dashboard(run, run.name, night.settings.paths.dbt)
    export(run, run.name, night.day.isoformat())
    swap(night.settings.paths, run)
    publish_artifacts(run / "cost.duckdb")
    if night.settings.publish_postgres:
        publish_postgres(run / "cost.duckdb", night.settings.publish_postgres.get_secret_value())


@task(cache_policy=NO_CACHE)
def alert(night: sources.Night, run: Path, before: Path | None) -> list[alerts.Alert]:
    """Tell what a person should know: in a file beside the night, to the webhook, and as Prefect events."""
    found = alerts.find(run / "cost.duckdb", before, night.settings.alerts)
    alerts.write(run, found, night.day)
    for a in found:
        log(a.message, asdict(a), logging.WARNING)
        emit_event("costwatt.alert", {"prefect.resource.id": f"costwatt.{a.kind}.{a.subject}"}, payload=asdict(a))
    webhook = night.settings.alert_webhook
    if found and webhook and not night.settings.offline:
        alerts.send(found, webhook.get_secret_value())
    return found


@flow(name="costwatt-nightly", validate_parameters=False)
def nightly(day: str = "", only: tuple[str, ...] = (), started: float = 0.0) -> str:
    """One night; returns the name of the published run.

    Args:
        day: ISO date of the night; empty for today (UTC).
        only: names of the sources to ask; empty for all.
        started: ``time.time()`` of the call, to tell Prefect's own start from ours.
    """
    hide: Callable[[str], str] = str  # what is wrong with settings is told without secrets
    try:
        settings = load_settings()
        hide = settings.hide
        run = settings.paths.make().runs / f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"  # names sort by time
        with logged(settings.paths.logs, run.name, day or f"{datetime.now(UTC).date()}", hide):
            _night(settings, run, day, only, started)
    except Exception as error:
        if _is_scheduled():
            say(f"costwatt: the night failed: {hide(reason(error))}")
        raise
    if _is_scheduled():
        alerts.tell(alerts.read(run))
    return run.name


def _is_scheduled() -> bool:
    """Whether a deployment started this run: then there is no command that prints its alerts, or why it failed."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.deployment_id)


def _night(settings: Settings, run: Path, day: str, only: Sequence[str], started: float) -> None:
    check_names(settings)
    for name in replaced_scenarios(settings):
        say(f"check: costwatt.toml, [scenarios.{name}] is priced in place of the built-in scenario of this name")
    paths = settings.paths
    cost_date = night_date(settings, day)
    with only_one(paths.lock), only_writer(settings):
        interrupted.sweep(paths)
        drop_later(paths.landing, cost_date)
        cut = interrupted.drop_cut(paths.landing / cost_date.isoformat())
        run.mkdir(parents=True)
        with interrupted.attempt(paths.landing / cost_date.isoformat()) as attempt:
            seconds: dict[str, float] = {}
            if started:
                _timed(seconds, "prefect_start", lambda: None, since=started - time.time() + time.monotonic())
            known = known_partitions(settings, cost_date)
            night = sources.Night(cost_date, settings, Web(offline=settings.offline), known)
            _stages(night, (*only, *cut) if only else (), run, attempt, seconds)
    say(f"published {run.name}")


def _stages(night: sources.Night, only: Sequence[str], run: Path, attempt: str, seconds: dict[str, float]) -> None:
    paths = night.settings.paths
    earlier = night_before(paths, night.day.isoformat())
    before = earlier / "cost.duckdb" if earlier else None
    _timed(seconds, "fetch", lambda: _fetch(night, only, attempt))
    _timed(seconds, "load", lambda: load(night))
    prune(paths.landing, night.settings.landing_keep)  # before all that may fail: a full disk would stay full
    built = _timed(seconds, "dbt", lambda: transform(night, run))
    for warning in built.warnings:
        say(f"check: {warning}")
    with beside(night.settings, run / "cost.duckdb", night.day.isoformat()) as reference:
        for line in unused(reference, night.settings.discount):
            say(f"check: {line}")
    alert(night, run, before)
    _timed(seconds, "publish", lambda: publish(night, run, dict(seconds)))
    tidy(night.settings)
    drop_old_results(paths.results)


def _fetch(night: sources.Night, only: Sequence[str], attempt: str) -> None:
    connectors = sources.chosen(only)
    for url, why in night.web.probe(sources.addresses(connectors, night.settings)).items():
        say(f"{url}: {why}; its last accepted figures are used")
    with task_runner(night.settings) as many, one_at_a_time() as one:
        runners = {c: one if c.one_at_a_time else many for c in connectors}
        asked = {c: {"night": handed_to(runners[c], night.about(c)), "name": c.name} for c in connectors}
        plans = {c: runners[c].submit(plan_source, asked[c]) for c in connectors}
        pull = pull_part.with_options(result_storage=night.settings.paths.results)
        pulls = [
            runners[c].submit(pull, asked[c] | {"region": region, "attempt": attempt})
            for c, plan in plans.items()
            for region in plan.result()
        ]
        for pulled in pulls:
            failed = pulled.result(raise_on_failure=False)
            if isinstance(failed, BaseException) and not isinstance(failed, ConnectorError):
                raise failed


def _timed(seconds: dict[str, float], stage: str, work: Callable[[], Result], since: float | None = None) -> Result:
    started = time.monotonic() if since is None else since
    result = work()
    give_back()
    seconds[stage] = round(time.monotonic() - started, 3)
    say(f"{stage}: {seconds[stage]:.1f} s", stage=stage, duration_s=seconds[stage])
    return result
