"""The one place that configures and opens DuckDB files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from connectors.errors import CostwattError

# No extension is fetched, ages and dates are UTC, and a night fits beside other work.
CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "1GB",
    "threads": "2",
}


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
        first = str(error).splitlines()[0]
        raise CostwattError(f"{path}: cannot be opened: {first}") from error
    try:
        con.execute("set TimeZone = 'UTC'")
        yield con
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        first = str(error).splitlines()[0]
        raise CostwattError(
            f"{path}: not as this version of costwatt writes it ({first}); move it aside: the next night makes a"
            " new one, and what is published stays"
        ) from error
    finally:
        con.close()
