"""HOME: where everything lies."""

from __future__ import annotations

import os
from pathlib import Path

from connectors.errors import UsageError


class Home:
    """Where everything lies; folders are made on demand, readable by their owner only."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.warehouse = root / "warehouse.duckdb"
        self.landing = root / "landing"
        self.published = root / "published"
        self.runs = root / ".published"
        self.logs = root / "logs"
        self.prefect = root / "prefect"
        self.results = self.prefect / "storage"
        self.dbt = root / "dbt"
        self.spill = self.dbt / "spill"
        self.lock = root / "refresh.lock"

    def make(self) -> Home:
        """Create the folders; published data may be read by others, the rest may not.

        Raises:
            UsageError: the folder cannot be written.
        """
        try:
            os.umask(0o077)  # whatever this process writes from here is its owner's; publish opens what others read
            if not self.root.exists():
                self.root.mkdir(parents=True)
                self.root.chmod(0o755)
            for private in (self.landing, self.logs, self.prefect, self.dbt):
                private.mkdir(exist_ok=True, mode=0o700)
            self.runs.mkdir(exist_ok=True)
            self.runs.chmod(0o755)
        except OSError as error:
            raise UsageError(
                f"{self.root}: cannot be written ({error.strerror}); set COSTWATT_HOME to a folder of yours"
            ) from error
        return self

    @property
    def cost_file(self) -> Path:
        """The published database of the latest night."""
        return self.published / "cost.duckdb"
