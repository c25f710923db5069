"""The one way to run dbt: in this process, with the night's variables, and the lock given back."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from connectors.errors import CostwattError
from costmodel import MODEL_VERSION

if TYPE_CHECKING:
    from flows.settings import Settings

CHECKOUT_SQL = Path(__file__).resolve().parent.parent / "sql"
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


def build(settings: Settings, day: date, published: Path, *, command: str = "build") -> BuildResult:
    """Run ``dbt <command>`` for the night of `day`, marts into the new file `published`.

    Raises:
        CostwattError: a model failed or an error-level check did not pass; names the first.
    """
    # dbt costs 3 s to import: only the night pays
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415
    from dbt.cli.main import dbtRunner  # noqa: PLC0415

    folder = sql_folder()
    home = settings.paths.dbt
    night = {
        "cost_date": day.isoformat(),
        "warehouse": str(settings.paths.warehouse),
        "published": str(published),
        "cost_draws": settings.cost_draws,
        "model_version": MODEL_VERSION,
    }
    arguments = [
        command,
        *("--project-dir", str(folder), "--profiles-dir", str(folder), "--vars", json.dumps(night)),
        *("--target-path", str(home / "target"), "--log-path", str(home / "logs")),
        *("--log-level", "none", "--log-level-file", "info", "--no-use-colors", "--quiet"),
    ]
    try:
        outcome = dbtRunner().invoke(arguments)
    finally:
        # invoke keeps the connection, and with it the lock on the warehouse
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    if outcome.exception:
        raise CostwattError(f"dbt {command}: {_first_line(outcome.exception)}; see {home / 'logs'}")
    results: list[Any] = list(getattr(outcome.result, "results", []))
    bad = [r for r in results if r.status in ("error", "fail", "runtime error")]
    if bad:
        first = bad[0]
        raise CostwattError(
            f"dbt {command}: {len(bad)} of {len(results)} failed, first {first.node.name}:"
            f" {_first_line(first.message)}; nothing was published; see {home / 'logs' / 'dbt.log'}"
        )
    return BuildResult(
        {r.node.name: round(r.execution_time, 3) for r in results},
        tuple(f"{r.node.name}: {r.message}" for r in results if r.status == "warn"),
    )


def _first_line(message: object) -> str:
    """What went wrong: of a traceback its last line, else the first two."""
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    told = lines[-1:] if any(line.startswith("Traceback") for line in lines) else lines[:2]
    return " ".join(told)[:300]
