"""The one way to run dbt: in this process, on the night's date, and the lock given back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import CostwattError
from costmodel import MODEL_VERSION
from flows import standing
from flows.rewind import rewind
from flows.warehouse import open_warehouse

if TYPE_CHECKING:
    import duckdb

    from flows.settings import Settings

CHECKOUT_SQL = Path(__file__).resolve().parent.parent / "sql"
MARTS = "cost.duckdb"
PACKAGED_SQL = Path(__file__).resolve().parent / "_sql"


def sql_folder() -> Path:
    """The dbt project: ``sql/`` of a checkout, else the copy inside the wheel."""
    return PACKAGED_SQL if PACKAGED_SQL.exists() else CHECKOUT_SQL


def seed(name: str) -> Path:
    """Path of a reference table."""
    return sql_folder() / "seeds" / f"{name}.csv"


@dataclass(frozen=True)
class BuildResult:
    """What dbt did: seconds by node, and the checks that only warned."""

    seconds: dict[str, float]
    warnings: tuple[str, ...]


_read_ahead: dict[str, Future[Any]] = {}


def read_ahead(settings: Settings) -> None:
    """Begin to import dbt and to read its project in another thread, for the next :func:`build`.

    Both take 3 s of a night; a caller that waits for something may have them done meanwhile.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="dbt")
    _read_ahead[_given(settings)] = thread.submit(_read, settings)
    thread.shutdown(wait=False)


def _read(settings: Settings) -> Any:
    """The project as dbt reads it; None where it cannot, and a build will say why."""
    import dbt.adapters.duckdb.connections  # noqa: F401, PLC0415  only the night pays for dbt
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  as above

    return dbtRunner().invoke(["parse", *_options(settings)]).result


def _given(settings: Settings) -> str:
    """Variables of dbt, the same every night."""
    given = {
        "warehouse": settings.warehouse_address,
        "spill": str(settings.paths.spill),
        "published": str(settings.paths.dbt / MARTS),
        "cost_draws": settings.cost_draws,
        "model_version": MODEL_VERSION,
    }
    return json.dumps(given)


def _options(settings: Settings) -> list[str]:
    """What every command of dbt is given."""
    folder, home = str(sql_folder()), settings.paths.dbt
    return [
        *("--project-dir", folder, "--profiles-dir", folder, "--vars", _given(settings)),
        *("--target-path", str(home / "target"), "--log-path", str(home / "logs")),
        "--no-write-json",
        *("--log-level", "none", "--log-level-file", "info", "--no-use-colors", "--quiet"),
    ]


def build(
    settings: Settings, day: date, published: Path, *, command: str = "build", select: tuple[str, ...] = ()
) -> BuildResult:
    """Run ``dbt <command>`` for the night of `day`, marts into the new file `published`.

    What differs between two nights is kept out of dbt's variables: a changed variable or address makes
    dbt parse every file anew, which costs more than the small models together. So the date stands in
    the warehouse, and the marts are built under one name and moved.

    Args:
        settings: where the warehouse lies, and how many draws.
        day: the night.
        published: file that the marts become.
        command: build, or another command of dbt.
        select: dbt's node selection; empty for the whole project.

    Raises:
        CostwattError: a model failed or an error-level check did not pass; names the first.
    """
    # only the night pays for dbt, see read_ahead
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    from flows.dbt_plugin import Plugin  # noqa: PLC0415

    marts = settings.paths.dbt / MARTS
    for left in (marts, marts.with_name(f"{MARTS}.wal")):  # of a killed night
        left.unlink(missing_ok=True)
    ahead = _read_ahead.pop(_given(settings), None)
    manifest = ahead.result() if ahead else None
    Plugin.settings = settings
    project, stands = _begin(settings, day, rewinds=command != "test", seeds=command == "build" and not select)
    try:
        outcome = dbtRunner(manifest).invoke([command, *_selection(command, select, stands), *_options(settings)])
    finally:
        # invoke keeps the connection, and with it the lock on the warehouse
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    results = _results(outcome, command, settings.paths.dbt / "logs")
    if not select:
        with open_warehouse(settings) as con:
            standing.keep(con, project)
    marts.replace(published)
    return BuildResult(
        {r.node.name: round(r.execution_time, 3) for r in results},
        tuple(f"{r.node.name}: {r.message}" for r in results if r.status == "warn"),
    )


def _selection(command: str, select: tuple[str, ...], stands: bool) -> Iterator[str]:
    """Which nodes, and which of their checks."""
    if select:  # only the checks that read nothing else
        yield from ("--select", *select, "--indirect-selection", "cautious")
    elif stands:  # of what stands no check is left out with it
        yield from ("--exclude", *standing.STANDING, "--indirect-selection", "empty")
    if command == "build":
        yield from ("--exclude-resource-type", "unit_test")


def _results(outcome: Any, command: str, logs: Path) -> list[Any]:
    """What became of each node.

    Raises:
        CostwattError: as :func:`build`.
    """
    if outcome.exception:
        raise CostwattError(f"dbt {command}: {_first_line(outcome.exception)}; see {logs}")
    results: list[Any] = list(getattr(outcome.result, "results", []))
    bad = [r for r in results if r.status in ("error", "fail", "runtime error")]
    if bad:
        first = bad[0]
        raise CostwattError(
            f"dbt {command}: {len(bad)} of {len(results)} failed, first {first.node.name}:"
            f" {_first_line(first.message)}; nothing was published; see {logs / 'dbt.log'}"
        )
    return results


def _begin(settings: Settings, day: date, *, rewinds: bool, seeds: bool) -> tuple[str, bool]:
    """Let ``landing.cost_date()`` of the warehouse name the night, for every model reads it there, and undo that night.

    Returns:
        The digest of the project, and whether its seeds and views stand in the warehouse already.
    """
    with open_warehouse(settings) as con:
        con.execute("create schema if not exists landing")
        con.execute(f"create or replace macro landing.cost_date() as date '{day.isoformat()}'")
        if rewinds:
            rewind(con, day)
        project = _project(con, settings)
        stands = standing.stands(con, project)
        if not stands:
            standing.forget(con)
        if seeds and not stands:
            standing.drop_seeds(con)
        return project, stands


def is_of_this_project(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    """Whether the last whole night of the warehouse was built by this version of costwatt with these settings.

    Its tables have the columns that the models of this version read; another one's may lack some.
    """
    return standing.stands(con, _project(con, settings))


def _project(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    return standing.fingerprint(con, sql_folder(), f"{version('dbt-core')} {_given(settings)}")


def _first_line(message: object) -> str:
    """What went wrong: of a traceback its last line, else the first two."""
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    told = lines[-1:] if any(line.startswith("Traceback") for line in lines) else lines[:2]
    return " ".join(told)[:300]
