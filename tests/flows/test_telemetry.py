"""costwatt phones nobody, nor do Prefect and dbt when it runs them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import yaml

from flows.dbt import sql_folder

ASK = """
import json, sys
from flows import prefect_home
from flows.home import Home
prefect_home.prepare(Home(__import__("pathlib").Path(sys.argv[1])).make())
from prefect.settings import get_current_settings
server = get_current_settings().server
print(json.dumps([server.analytics_enabled, get_current_settings().cloud.enable_orchestration_telemetry]))
"""


def test_prefect_is_told_to_phone_nobody(tmp_path: Path) -> None:
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    told = subprocess.run(
        [sys.executable, "-c", ASK, str(tmp_path / "home")], env=clean, capture_output=True, text=True, check=True
    )
    assert json.loads(told.stdout.splitlines()[-1]) == [False, False]


def test_dbt_is_told_to_phone_nobody() -> None:
    project = yaml.safe_load((sql_folder() / "dbt_project.yml").read_text())
    assert project["flags"]["send_anonymous_usage_stats"] is False
