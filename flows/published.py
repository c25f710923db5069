"""Reading what was published: the latest night, or the bundled baseline before the first one."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from connectors.errors import CostwattError, UsageError
from flows.home import Home

BASELINE = Path(__file__).resolve().parent / "baseline_cost.csv"
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


@contextmanager
def open_published(home: Home) -> Iterator[duckdb.DuckDBPyConnection]:
    """The latest night, read-only, closed to files and network: SQL of users runs here.

    Raises:
        UsageError: no night was published yet.
        CostwattError: the published file cannot be read.
    """
    if not home.cost_file.exists():
        raise UsageError(f"{home.cost_file}: no night was published yet; run: costwatt refresh")
    # the link is followed once, so that one look sees one night
    file = home.cost_file.resolve()
    try:
        con = duckdb.connect(str(file), read_only=True, config=CONFIG)
    except duckdb.Error as error:
        raise _unreadable(file, error) from None
    try:
        con.execute("set TimeZone = 'UTC'")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")
        yield con
    except duckdb.IOException as error:  # some damage shows only where it is read
        raise _unreadable(file, error) from None
    finally:
        con.interrupt()  # closing waits for what still runs, after Ctrl-C too
        con.close()


@contextmanager
def open_costs(home: Home) -> Iterator[tuple[duckdb.DuckDBPyConnection, bool]]:
    """A connection with ``daily_cost``, and whether it is only the bundled baseline."""
    if home.cost_file.exists():
        with open_published(home) as con:
            yield con, False
        return
    with duckdb.connect(":memory:", config=CONFIG) as con:
        header = BASELINE.open().readline().strip().split(",")
        amounts = {name: "decimal(38, 10)" for name in header if "usd" in name}
        con.execute(
            f"create table daily_cost as select * from read_csv('{BASELINE}', header = true, types = $types,"
            " sample_size = -1)",
            {"types": amounts},
        )
        yield con, True


def manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of a night's folder; None where there is none, or none that can be read: the next night heals it."""
    try:
        found: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
        date.fromisoformat(found["cost_date"])
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found


def last_night(home: Home) -> date | None:
    """Date of the published night, of its tables where the manifest cannot be read; None where nothing tells it."""
    if told := manifest(home.published):
        return date.fromisoformat(told["cost_date"])
    try:
        with open_published(home) as con:
            found = con.execute("select max(cost_date) from run").fetchone()
    except (CostwattError, duckdb.Error):
        return None
    last: date | None = found[0] if found else None
    return last


@contextmanager
def run_sql(home: Home, sql: str) -> Iterator[tuple[list[str], duckdb.DuckDBPyConnection]]:
    """Run one read-only statement of a user; its column names, each once, and its rows to fetch.

    Raises:
        UsageError: the statement is not one, is not valid, or tries to write or to leave the database.
        CostwattError: it needs more memory than there is.
    """
    with open_published(home) as con:
        try:
            statements = con.extract_statements(sql)
            if len(statements) != 1:
                raise UsageError(f"one statement is expected, got {len(statements)}")
            result = con.execute(statements[0])
            yield unique([d[0] for d in result.description or []]), result
        except duckdb.OutOfMemoryException as error:
            raise CostwattError(f"sql: {_first(error)}; ask for fewer rows or columns") from None
        except duckdb.IOException:  # of the file, for a statement may read no other
            raise
        except duckdb.Error as error:  # some show only when the rows are fetched
            raise UsageError(f"sql: {_first(error)}") from None


def fetched(result: duckdb.DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    """The rows not yet fetched, a thousand at a time: no more memory than those, and Ctrl-C is heard between."""
    while rows := result.fetchmany(1000):
        yield from rows


def unique(names: Sequence[str]) -> list[str]:
    """Each name once, as DuckDB calls the columns of a subquery: ``a, a, A`` -> ``a, a_1, A_2``."""
    taken: dict[str, str] = {}
    for name in names:
        free = next(n for n in (name, *(f"{name}_{i}" for i in range(1, len(names) + 1))) if n.lower() not in taken)
        taken[free.lower()] = free
    return list(taken.values())


def _unreadable(file: Path, error: duckdb.Error) -> CostwattError:
    return CostwattError(f"{file}: cannot be read ({_first(error)}); run: costwatt refresh")


def _first(error: Exception) -> str:
    return " ".join(line.strip() for line in str(error).splitlines()[:3] if line.strip())
