"""The schedule for real: a Prefect server on loopback, ``costwatt serve``, and a worker on prefect.yaml."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
# a night of yesterday's figures: no network, few draws, two sources, of which one cannot answer
PARAMETERS = {"only": ["bundled_prices", "ecb_rates"]}
NIGHT_SECONDS = 300
COSTWATT = (sys.executable, "-m", "flows")
BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")  # as a shell starts what ends in &


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


def _serve(env: dict[str, str], err: Path) -> subprocess.Popen[bytes]:
    """``costwatt serve`` in a group of its own, by which its children are found; its stderr in a file."""
    with err.open("ab") as told:
        return subprocess.Popen([*COSTWATT, "serve"], env=env, cwd=ROOT, stderr=told, start_new_session=True)


def _log(env: dict[str, str]) -> list[dict[str, Any]]:
    """The newest night's."""
    newest = max((Path(env["COSTWATT_HOME"]) / "logs").glob("*.jsonl"))
    return [json.loads(line) for line in newest.read_text().splitlines()]


@pytest.mark.night
def test_serve_runs_a_night_when_its_time_comes(server: dict[str, str], tmp_path: Path) -> None:
    home = Home(Path(server["COSTWATT_HOME"]))
    home.results.mkdir()
    old = home.results / "of-last-year"
    old.touch()
    os.utime(old, times=(0, 0))
    serving = _serve(server, tmp_path / "err")
    try:
        deployment = _deployment(server)
        assert deployment["schedules"][0]["schedule"] == {"cron": "15 5 * * *", "timezone": "UTC", "day_or": True}
        assert deployment["global_concurrency_limit"] is None, "its slots outlive a power cut"
        assert _run_now(server, deployment) == "COMPLETED"
        planned = _ask(server, "/flow_runs/filter", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}})
        assert {run["expected_start_time"][11:16] for run in planned} == {"05:15"}
    finally:
        _stop(serving)
    manifest = json.loads((home.published / "manifest.json").read_text())
    assert manifest["tables"]["daily_cost"]["rows"] > 100
    assert not old.exists()
    assert list(home.results.iterdir()), "those of this night stay"
    first, *_, last = _log(server)
    assert first["message"] == f"night {manifest['cost_date']}, costwatt {manifest['costwatt_version']}"
    assert last["message"] == f"published {manifest['run_id']}"
    told = (tmp_path / "err").read_text().splitlines()
    assert [line for line in told if "alert" in line] == ["alert: 1 sources never answered yet: ecb_rates"]


@pytest.mark.night
def test_a_served_night_that_fails_says_why(server: dict[str, str], tmp_path: Path) -> None:
    home, err = Home(Path(server["COSTWATT_HOME"])), tmp_path / "err"
    home.warehouse.write_bytes(b"garbage" * 5000)
    serving = _serve(server, err)
    try:
        deployment = _deployment(server)
        assert _run_now(server, deployment) == "FAILED"
        first, *_, last = _log(server)
        assert first["message"].startswith(f"night {first['date']}, costwatt ")
        why = f"{home.warehouse}: cannot be opened: "
        assert (last["level"], last["error"]) == ("error", "CostwattError")
        assert last["message"].startswith(f"failed: {why}")
        assert err.read_text().splitlines()[-1].startswith(f"costwatt: the night failed: {why}")
        with home.lock.open("a+") as lock:  # as a refresh by hand holds it
            fcntl.flock(lock, fcntl.LOCK_EX)
            assert _run_now(server, deployment) == "FAILED"
        assert [line["level"] for line in _log(server)] == ["info", "error"]
        assert "another refresh runs (process " in _log(server)[-1]["message"]
        told = err.read_text()
        assert told.count("costwatt: the night failed: ") == 2
        assert "Traceback" not in told
    finally:
        _stop(serving)


def _address(group: int) -> str:
    """Where the Prefect server of a ``costwatt serve`` listens, by the kernel's tables."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                *command, number = (process / "cmdline").read_text().rstrip("\0").split("\0")
                if "flows.prefect_server" in command and os.getpgid(int(process.name)) == group:
                    inode = (process / "fd" / number).readlink().name.removeprefix("socket:[").removesuffix("]")
                    found = re.search(rf"0100007F:(\w+) .* {inode} ", Path("/proc/net/tcp").read_text())
                    if found:
                        return f"http://127.0.0.1:{int(found[1], 16)}/api"
        time.sleep(0.2)
    raise AssertionError("no Prefect server listens")


def _alone(tmp_path: Path) -> dict[str, str]:
    """Environment of a ``costwatt serve`` with a Prefect server of its own."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return env | {"COSTWATT_HOME": str(tmp_path / "home"), "COSTWATT_OFFLINE": "1", "COSTWATT_COST_DRAWS": "256"}


def _begin_night(env: dict[str, str], group: int) -> str:
    """Start the deployment of a ``costwatt serve`` by hand, and return once the night is at work; its id."""
    asked = env | {"PREFECT_API_URL": _address(group)}
    run = _ask(asked, f"/deployments/{_deployment(asked)['id']}/create_flow_run", parameters=PARAMETERS)
    lock = Path(env["COSTWATT_HOME"]) / "refresh.lock"
    while not (held := lock.read_text()) or f'"pid": {group},' in held:  # until the night itself holds it
        time.sleep(0.1)
    return str(run["id"])


@pytest.mark.parametrize(
    ("send", "number", "code"),
    [(os.kill, signal.SIGTERM, 143), (os.killpg, signal.SIGTERM, 143), (os.killpg, signal.SIGINT, 130)],
)  # by kill, by systemd, by Ctrl-C
@pytest.mark.night
def test_serve_does_not_wait_for_its_night(
    tmp_path: Path, send: Callable[[int, int], None], number: signal.Signals, code: int
) -> None:
    env = _alone(tmp_path)
    serving = _serve(env, tmp_path / "err")
    try:
        _begin_night(env, serving.pid)
        send(serving.pid, number)
        assert serving.wait(15) == code
        assert _ends(serving.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(serving.pid, signal.SIGKILL)
    told = (tmp_path / "err").read_text()
    assert told.splitlines()[-1].endswith("; the last published night stays")
    assert not re.search("Traceback|Warning|was killed|ERROR", told)
    with sqlite3.connect(tmp_path / "home" / "prefect" / "prefect.db") as con:
        assert con.execute("select state_type from flow_run where start_time is not null").fetchall() == [("CRASHED",)]


@pytest.mark.night
def test_the_night_after_a_power_cut_runs(tmp_path: Path) -> None:
    env = _alone(tmp_path)
    serving = _serve(env, tmp_path / "err")
    try:
        killed = _begin_night(env, serving.pid)
    finally:
        os.killpg(serving.pid, signal.SIGKILL)
        serving.wait()
    assert _ends(serving.pid)
    serving = _serve(env, tmp_path / "err")
    try:
        env["PREFECT_API_URL"] = _address(serving.pid)
        assert _run_now(env, _deployment(env)) == "COMPLETED"
        (found,) = _ask(env, "/flow_runs/filter", flow_runs={"id": {"any_": [killed]}})
        assert found["state_type"] == "CRASHED"
    finally:
        os.killpg(serving.pid, signal.SIGKILL)
        serving.wait()
    assert (tmp_path / "home" / "published" / "cost.duckdb").exists()


@pytest.mark.night
def test_a_worker_runs_the_deployment_of_prefect_yaml(server: dict[str, str]) -> None:
    prefect = (sys.executable, "-m", "prefect")
    for arguments in (("work-pool", "create", "costwatt", "--type", "process"), ("deploy", "--all", "--no-prompt")):
        done = subprocess.run(
            [*prefect, *arguments], env=server, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    deployment = _deployment(server)
    assert deployment["global_concurrency_limit"] is None, "its slots outlive a power cut"
    worker = subprocess.Popen([*prefect, "worker", "start", "--pool", "costwatt", "--limit", "1"], env=server, cwd=ROOT)
    try:
        assert _run_now(server, deployment) == "COMPLETED"
    finally:
        _stop(worker)
    assert (Path(server["COSTWATT_HOME"]) / "published" / "cost.duckdb").exists()


def test_prefect_yaml_asks_for_the_whole_world_once_a_night() -> None:
    (deployment,) = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    assert deployment["entrypoint"] == "flows.nightly.nightly"
    assert "concurrency_limit" not in deployment, "its slots outlive a power cut"
    assert deployment["schedules"][0]["timezone"] == "UTC"
    assert deployment["work_pool"]["job_variables"]["env"]["COSTWATT_AWS_REGIONS"] == "all"


@pytest.mark.parametrize(("cron", "timezone"), [("every night", "UTC"), ("15 5 * * *", "Mars/Olympus")])
@pytest.mark.night
def test_a_schedule_that_is_none_is_one_line(tmp_path: Path, cron: str, timezone: str) -> None:
    done = subprocess.run(
        [*COSTWATT, "serve", "--cron", cron, "--timezone", timezone],
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
    ("number", "by", "code", "line"),
    [
        (signal.SIGTERM, (), 143, "costwatt: stopped; the last published night stays"),
        (signal.SIGTERM, BACKGROUND, 143, "costwatt: stopped; the last published night stays"),
        (signal.SIGINT, (), 130, "costwatt: interrupted; the last published night stays"),
    ],
)
@pytest.mark.night
def test_serve_ends_with_one_line_a_code_and_no_process_left(
    tmp_path: Path, number: signal.Signals, by: tuple[str, ...], code: int, line: str
) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    serving = subprocess.Popen(
        [*by, *COSTWATT, "serve"],
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
        assert "graceful shutdown" not in (tmp_path / "logs" / "prefect_server.log").read_text()
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
