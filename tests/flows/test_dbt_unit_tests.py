"""The unit tests of the dbt project, run by dbt itself on the tables of a real night."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from flows import dbt
from flows.settings import Settings
from tests.flows.conftest import Night


@pytest.mark.night
def test_every_unit_test_of_the_dbt_project_passes(live_night: Night, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, offline=True)
    settings.paths.make()
    shutil.copy(live_night.home / "warehouse.duckdb", settings.paths.warehouse)
    shutil.copytree(live_night.home / "dbt" / "target", settings.paths.dbt / "target")
    declared = [
        test["name"]
        for file in (dbt.sql_folder() / "models").rglob("*.yml")
        for test in (yaml.safe_load(file.read_text()) or {}).get("unit_tests", [])
    ]
    done = dbt.build(
        settings, datetime.now(UTC).date(), tmp_path / "marts.duckdb", command="test", select=("test_type:unit",)
    )
    assert sorted(done.seconds) == sorted(declared) != []
