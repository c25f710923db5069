"""What dbt's connection needs before it attaches the warehouse."""

from __future__ import annotations

from typing import ClassVar

import duckdb
from dbt.adapters.duckdb.plugins import BasePlugin

from flows import lake
from flows.settings import Settings


class Plugin(BasePlugin):
    """Loaded by sql/profiles.yml; secrets come here past dbt's variables, which it writes to files."""

    settings: ClassVar[Settings | None] = None  # of the night; none: dbt runs by hand, on a file

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Let the connection reach a lake."""
        if self.settings and self.settings.warehouse:
            lake.prepare(conn, self.settings)
