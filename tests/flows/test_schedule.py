"""The schedule for real: a Prefect server on loopback, ``costwatt serve``, and a worker on prefect.yaml."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from flows import prefect_home
from flows.home import Home

ROOT = Path(__file__).resolve().parents[2]
# a night of yesterday's figures: no network, few draws, one source
PARAMETERS = {"only": ["bundled_prices"]}
NIGHT_SECONDS = 300


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A Prefect server, and the environment of its clients."""
    for name in [n for n in os.environ if n.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    home = Home(tmp_path / "home").make()
    prefect_home.prepare(home)
    with prefect_home.server(home, schedules=True):
        prefect_home.wait_until_ready(home.logs / "prefect_server.log")
        yield dict(os.environ) | {
            "COSTWATT_HOME": str(home.root),
            "COSTWATT_OFFLINE": "1",
            "COSTWATT_COST_DRAWS": "256",
            "COSTWATT_DIRECTORY": str(ROOT),
        }


def _ask(env: dict[str, str], path: str, **body: Any) -> Any:
    """Ask Prefect's API; while its SQLite is busy it says 503, which its own client asks again too."""
    again = Retry(total=12, backoff_factor=0.5, status_forcelist=(503,), allowed_methods=None)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(max_retries=again))
        answer = session.post(f"{env['PREFECT_API_URL']}{path}", json=body, timeout=60)
    answer.raise_for_status()
    return answer.json()


def _deployment(env: dict[str, str]) -> dict[str, Any]:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        for found in _ask(env, "/deployments/filter"):
            return dict(found)
        time.sleep(0.5)
    raise AssertionError("nothing was deployed")


def _run_now(env: dict[str, str], deployment: dict[str, Any]) -> str:
    """Start the deployment by hand and wait; the name of its final state."""
    run = _ask(env, f"/deployments/{deployment['id']}/create_flow_run", parameters=PARAMETERS)
    deadline = time.monotonic() + NIGHT_SECONDS
    while time.monotonic() < deadline:
        (found,) = _ask(env, "/flow_runs/filter", flow_runs={"id": {"any_": [run["id"]]}})
        if found["state_type"] in {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}:
            return str(found["state_type"])
        time.sleep(1)
    return "still running"


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@pytest.mark.night
def test_serve_runs_a_night_when_its_time_comes(server: dict[str, str]) -> None:
    serving = subprocess.Popen([sys.executable, "-m", "flows", "serve", "--cron", "15 5 * * *"], env=server, cwd=ROOT)
    try:
        deployment = _deployment(server)
        assert deployment["schedules"][0]["schedule"] == {"cron": "15 5 * * *", "timezone": "UTC", "day_or": True}
        assert deployment["global_concurrency_limit"]["limit"] == 1
        assert _run_now(server, deployment) == "COMPLETED"
        planned = _ask(server, "/flow_runs/filter", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}})
        assert {run["expected_start_time"][11:16] for run in planned} == {"05:15"}
    finally:
        _stop(serving)
    published = Path(server["COSTWATT_HOME"]) / "published"
    assert json.loads((published / "manifest.json").read_text())["tables"]["daily_cost"]["rows"] > 100


@pytest.mark.night
def test_a_worker_runs_the_deployment_of_prefect_yaml(server: dict[str, str]) -> None:
    prefect = (sys.executable, "-m", "prefect")
    for arguments in (("work-pool", "create", "costwatt", "--type", "process"), ("deploy", "--all", "--no-prompt")):
        done = subprocess.run(
            [*prefect, *arguments], env=server, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    deployment = _deployment(server)
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    worker = subprocess.Popen([*prefect, "worker", "start", "--pool", "costwatt"], env=server, cwd=ROOT)
    try:
        assert _run_now(server, deployment) == "COMPLETED"
    finally:
        _stop(worker)
    assert (Path(server["COSTWATT_HOME"]) / "published" / "cost.duckdb").exists()


def test_prefect_yaml_asks_for_the_whole_world_once_a_night_one_at_a_time() -> None:
    (deployment,) = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert deployment["entrypoint"] == "flows.nightly.nightly"
    assert deployment["concurrency_limit"]["limit"] == 1
    assert deployment["schedules"][0]["timezone"] == "UTC"
    assert deployment["work_pool"]["job_variables"]["env"]["COSTWATT_AWS_REGIONS"] == "all"


@pytest.mark.parametrize(("cron", "timezone"), [("every night", "UTC"), ("15 5 * * *", "Mars/Olympus")])
@pytest.mark.night
def test_a_schedule_that_is_none_is_one_line(tmp_path: Path, cron: str, timezone: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "flows", "serve", "--cron", cron, "--timezone", timezone],
        env=dict(os.environ) | {"COSTWATT_HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("costwatt: --cron ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("number", "code", "line"),
    [
        (signal.SIGTERM, 143, "costwatt: stopped; the last published night stays"),
        (signal.SIGINT, 130, "costwatt: interrupted; the last published night stays"),
    ],
)
@pytest.mark.night
def test_serve_ends_with_one_line_a_code_and_no_process_left(
    tmp_path: Path, number: signal.Signals, code: int, line: str
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    serving = subprocess.Popen(
        [sys.executable, "-m", "flows", "serve"],
        env=env | {"COSTWATT_HOME": str(tmp_path), "COSTWATT_OFFLINE": "1"},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a group of its own, by which its children are found
    )
    try:
        assert serving.stderr is not None
        assert serving.stderr.readline().startswith("costwatt-nightly at 15 5 * * * UTC")
        time.sleep(5)  # the runner polls
        serving.send_signal(number)
        out, err = serving.communicate(timeout=30)
        assert (out, err.splitlines(), serving.returncode) == ("", [line], code)
        assert _ends(serving.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(serving.pid, signal.SIGKILL)


def _ends(group: int) -> bool:
    """Whether the last process of a group is gone within a few seconds."""
    for _ in range(50):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
