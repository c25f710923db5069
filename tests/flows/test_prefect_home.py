"""The Prefect server of HOME: what it forgets, what it is told of killed nights, and why it does not start."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from prefect.settings import PREFECT_API_URL, temporary_settings
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from connectors.errors import CostwattError
from flows import prefect_home
from flows.home import Home

DAY_SECONDS = 86400


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    for name in [n for n in os.environ if n.startswith("PREFECT_")]:
        monkeypatch.delenv(name)
    found = Home(tmp_path / "home").make()
    monkeypatch.setattr(os, "environ", os.environ.copy())  # what prepare sets is of this test alone
    prefect_home.prepare(found)
    return found


@contextmanager
def _server(home: Home, *, schedules: bool = False) -> Iterator[str]:
    with prefect_home.server(home, schedules=schedules) as is_ours:
        assert is_ours
        prefect_home.wait_until_ready(home.logs / "prefect_server.log")
        yield os.environ["PREFECT_API_URL"]


def _post(address: str, **body: object) -> str:
    """Ask Prefect's API; while its SQLite is busy it says 503, which its own client asks again too."""
    again = Retry(total=12, backoff_factor=0.5, status_forcelist=(503,), allowed_methods=None)
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", HTTPAdapter(max_retries=again))
        answer = session.post(address, json=body, timeout=60)
    answer.raise_for_status()
    return str(answer.json()["id"])


def _run(api: str, state: str, **more: object) -> str:
    return _post(f"{api}/flow_runs/", flow_id=_post(f"{api}/flows/", name="f"), state={"type": state, **more})


def _rows(home: Home, sql: str, *values: object) -> list[tuple[object, ...]]:
    with sqlite3.connect(home.prefect / "prefect.db", timeout=30) as con:
        return con.execute(sql, values).fetchall()


@pytest.mark.parametrize("schedules", [False, pytest.param(True, marks=pytest.mark.long)])
@pytest.mark.night
def test_a_run_older_than_thirty_days_goes_with_all_that_hangs_on_it(home: Home, schedules: bool) -> None:
    tables = ("task_run", "artifact", "log")
    with _server(home) as api:
        runs = {days: _run(api, "COMPLETED") for days in (29, 31)}
        for run in runs.values():
            task = _post(
                f"{api}/task_runs/", flow_run_id=run, task_key="t", dynamic_key="0", state={"type": "COMPLETED"}
            )
            _post(f"{api}/artifacts/", key="table", type="table", data="[]", flow_run_id=run, task_run_id=task)
    for days, run in runs.items():
        ended = f"{datetime.now(UTC) - timedelta(days=days):%Y-%m-%d %H:%M:%S.%f}"
        _rows(home, "update flow_run set end_time = ? where id = ?", ended, run)
        at = "2026-01-01 00:00:00.000000"
        _rows(home, "insert into log (id, created, updated, name, level, flow_run_id, message, timestamp)"
              " values (?, ?, ?, 'n', 40, ?, 'm', ?)", run, at, at, run, at)  # fmt: skip
    left = " union all ".join(f"select '{table}', flow_run_id from {table}" for table in tables)
    assert len(_rows(home, left)) == 6
    with _server(home, schedules=schedules):
        deadline = time.monotonic() + 60
        while len(_rows(home, left)) > len(tables) and time.monotonic() < deadline:
            time.sleep(0.2)
    assert _rows(home, "select id from flow_run") == [(runs[29],)]
    assert _rows(home, left) == [(table, runs[29]) for table in tables]


@pytest.mark.night
def test_what_a_kill_left_running_has_crashed_and_of_missed_nights_the_last_stays(home: Home) -> None:
    with _server(home) as api:
        begun = {_run(api, "RUNNING"), _run(api, "PENDING")}
        done = _run(api, "COMPLETED")
        missed = [
            _run(api, "SCHEDULED", state_details={"scheduled_time": str(datetime.now(UTC) + timedelta(days=days))})
            for days in (-2, -1, -3, 1)
        ]
        with temporary_settings(updates={PREFECT_API_URL: api}):
            prefect_home.settle_runs()
    assert {i for (i,) in _rows(home, "select id from flow_run where state_type = 'CRASHED' and end_time > 0")} == begun
    assert _rows(home, "select state_type from flow_run where id = ?", done) == [("COMPLETED",)]
    waiting = {i for (i,) in _rows(home, "select id from flow_run where state_type = 'SCHEDULED'")}
    assert waiting == {missed[1], missed[3]}


def test_a_server_that_cannot_be_asked_stops_no_night(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    with temporary_settings(updates={PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        prefect_home.settle_runs()
    assert capsys.readouterr().err.startswith("Prefect's list of runs was not put in order: ")


@pytest.mark.night
def test_a_server_that_does_not_start_says_why_in_its_log(home: Home) -> None:
    (home.prefect / "prefect.db").write_bytes(b"garbage" * 1000)
    log = home.logs / "prefect_server.log"
    with pytest.raises(CostwattError, match=rf"did not start .*; see {log}"), _server(home):
        pass
    assert "file is not a database" in log.read_text()


@pytest.mark.night
def test_a_server_that_ends_in_order_logs_nothing_and_a_long_log_begins_anew(home: Home) -> None:
    log = home.logs / "prefect_server.log"
    log.write_bytes(b"x" * (prefect_home.KEEP_LOG_BYTES + 1))
    with _server(home):
        pass
    assert log.read_text() == ""


def test_results_go_after_a_week(home: Home) -> None:
    prefect_home.drop_old_results(home.results)  # a first night has none
    home.results.mkdir()
    for name, days in (("old", 7.1), ("young", 6.9)):
        (home.results / name).touch()
        os.utime(home.results / name, times=(time.time() - days * DAY_SECONDS,) * 2)
    (home.results / "folder").mkdir()
    prefect_home.drop_old_results(home.results)
    assert {path.name for path in home.results.iterdir()} == {"young", "folder"}
