"""The one place that configures and opens DuckDB: files of HOME, and the warehouse wherever it lies."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from connectors.errors import CostwattError

if TYPE_CHECKING:
    from flows.settings import Settings

# No extension is fetched, ages and dates are UTC, and a night fits beside other work. Strings of a new warehouse are
# compressed in one way, not in each for the smallest to be kept; the published file, which dbt makes, suits any DuckDB.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "640MB",
    "threads": "2",
    "storage_compatibility_version": "v1.3.0",
}
ASIDE = "move it aside: the next night makes a new one, and what is published stays"


@contextmanager
def connect(path: Path, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file with costwatt's configuration.

    Raises:
        CostwattError: the file is locked by another process, corrupt, or of another format; or it has not
            the tables that the caller expects of it.
    """
    try:
        con = duckdb.connect(str(path), read_only=read_only, config=CONFIG)
    except duckdb.Error as error:
        if foreign := _foreign(path, os.R_OK if read_only else os.R_OK | os.W_OK):
            raise CostwattError(foreign) from error
        first = str(error).splitlines()[0]
        raise CostwattError(f"{path}: cannot be opened: {first}; unless another program uses it, {ASIDE}") from error
    with _used(con, str(path)):
        yield con


def _foreign(path: Path, mode: int) -> str:
    """What to do about a file that is there and not this user's; "" of any other."""
    if not os.access(path, os.F_OK) or os.access(path, mode):
        return ""
    number = path.stat().st_uid
    try:
        owner = path.owner()
    except KeyError:  # a user of another machine
        owner = f"user {number}"
    return f"{path}: belongs to {owner} and may not be opened; run costwatt as {owner}, or give the file to this user"


@contextmanager
def open_warehouse(settings: Settings, *, read_only: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the warehouse as the database ``warehouse`` in use: the file of HOME, or the lake of the settings.

    Raises:
        CostwattError: as :func:`connect`; or the lake cannot be reached.
    """
    if not settings.warehouse:
        with connect(settings.paths.warehouse, read_only=read_only) as con:
            if not read_only:
                settings.paths.warehouse.chmod(0o600)
            yield con
        return
    from flows import lake  # noqa: PLC0415  of the extra [lake]

    con = duckdb.connect(":memory:", config=CONFIG | {"temp_directory": str(settings.paths.spill)})
    with _used(con, "the lake"):
        lake.attach(con, settings)
        yield con


@contextmanager
def _used(con: duckdb.DuckDBPyConnection, name: str) -> Iterator[None]:
    try:
        con.execute("set TimeZone = 'UTC'")
        yield
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        first = str(error).splitlines()[0]
        raise CostwattError(f"{name}: not as this version of costwatt writes it ({first}); {ASIDE}") from error
    finally:
        con.close()


@contextmanager
def whole(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """One transaction: other connections see all that is written in it, or nothing."""
    con.begin()
    try:
        yield
    except BaseException:
        con.rollback()
        raise
    con.commit()


def tidy(settings: Settings) -> None:
    """Give back the space of versions that nobody asks for any more; a file of DuckDB does so by itself."""
    if settings.warehouse:
        from flows import lake  # noqa: PLC0415  of the extra [lake]

        with open_warehouse(settings) as con:
            lake.tidy(con, settings.landing_keep)


def only_writer(settings: Settings) -> AbstractContextManager[None]:
    """One night at a time on whatever machine; the lock file of HOME keeps a file's writers apart already."""
    if not settings.warehouse:
        return nullcontext()
    from flows import lake  # noqa: PLC0415  of the extra [lake]

    return lake.only_writer(settings)
