"""dbt's own documentation builds from a night's files, with every published table and a comment on every column."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from flows import dbt
from tests.flows.conftest import Night


@pytest.mark.night
def test_the_docs_of_the_project_build_and_name_every_published_column(live_night: Night, tmp_path: Path) -> None:
    shutil.copy(live_night.home / "warehouse.duckdb", tmp_path)
    shutil.copy(live_night.home / "published" / "cost.duckdb", tmp_path)
    folder = dbt.sql_folder()
    given = {"warehouse": str(tmp_path / "warehouse.duckdb"), "published": str(tmp_path / "cost.duckdb")}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "dbt.cli.main", "docs", "generate"),
            *("--project-dir", str(folder), "--profiles-dir", str(folder), "--vars", json.dumps(given)),
            *("--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")),
        ],
        cwd=folder.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "target" / "index.html").exists()
    nodes = json.loads((tmp_path / "target" / "catalog.json").read_text())["nodes"]
    told = {
        (node["metadata"]["name"], column["name"]): column["comment"]
        for node in nodes.values()
        if node["metadata"]["schema"] == "main"
        for column in node["columns"].values()
    }
    published = live_night.rows(
        "select table_name, column_name from duckdb_columns() where not internal and table_name <> 'run'"
    )
    assert published
    assert [column for column in published if not told.get(column)] == []
