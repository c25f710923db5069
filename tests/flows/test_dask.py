"""A night whose parts are pulled by the workers of a real Dask cluster, beside one pulled by threads."""

from __future__ import annotations

import json
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from distributed import Client, LocalCluster

from connectors import web
from connectors.errors import CostwattError, UsageError
from connectors.web import Web
from flows import task_runner
from flows.partitions import in_parts
from flows.settings import load_settings
from tests.flows.conftest import Night, command

# tell of the run itself: how long each part of it took
OF_THE_RUN = {"run", "source_status"}


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def dask_night(cluster: LocalCluster, live_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    home = tmp_path_factory.mktemp("dask")
    env = live_night.env | {
        "COSTWATT_HOME": str(home),
        "COSTWATT_TASK_RUNNER": "dask",
        "COSTWATT_DASK_ADDRESS": cluster.scheduler_address,
    }
    ((day,),) = live_night.rows("select distinct cost_date::varchar from daily_cost")
    return Night(home, env, command("refresh", "--date", str(day), env=env))


def hashes(night: Night) -> dict[str, str]:
    manifest = json.loads((night.home / "published" / "manifest.json").read_text())
    return {table: entry["sha256"] for table, entry in manifest["tables"].items() if table not in OF_THE_RUN}


@pytest.mark.night
@pytest.mark.long
def test_workers_pull_what_threads_pull(dask_night: Night, live_night: Night) -> None:
    assert dask_night.first.returncode == 0, dask_night.first.stderr[-2000:]
    answered = "select source, record, region, kind, status, accepted_rows, message from source_status order by all"
    assert dask_night.rows(answered) == live_night.rows(answered)
    assert hashes(dask_night) == hashes(live_night)


@pytest.mark.night
@pytest.mark.long
def test_both_workers_pulled_and_left_only_what_their_owner_reads(dask_night: Night, cluster: LocalCluster) -> None:
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        assert list(client.run(lambda: len(web._sent)).values()) == [1, 1]
    landed = [p for p in (dask_night.home / "landing").rglob("*") if p.stat().st_mode & 0o077]
    assert landed == []


@pytest.mark.night
@pytest.mark.long
def test_the_cost_model_ran_on_the_workers(dask_night: Night, cluster: LocalCluster) -> None:
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        assert any(client.run(lambda: "flows.costing" in sys.modules).values())


def test_parts_come_back_in_their_order(cluster: LocalCluster, tmp_path: Path) -> None:
    settings = load_settings(home=tmp_path, task_runner="dask", dask_address=cluster.scheduler_address)
    parts = [(number, 2) for number in range(40)]
    here = list(in_parts(None, pow, parts))
    assert list(in_parts(settings, pow, iter(parts))) == here
    assert here[-1] == 1521


def test_a_client_that_is_sent_keeps_what_it_knows_and_one_process_has_one() -> None:
    here = Web(retries=1, backoff_s=0.25)
    here._dead[("gone.example", 443)] = "refused"
    there, again = (pickle.loads(pickle.dumps(here)) for _ in range(2))  # noqa: S301  our own bytes
    assert (there.offline, there.retries, there.backoff_s, there._dead) == (False, 1, 0.25, here._dead)
    assert there is again
    assert pickle.loads(pickle.dumps(Web())) is not there  # noqa: S301  our own bytes


def test_without_a_scheduler_the_night_ends_in_one_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(task_runner, "CONNECT_S", "1s")
    settings = load_settings(home=tmp_path, task_runner="dask", dask_address="tcp://127.0.0.1:9")
    with pytest.raises(CostwattError, match=r"tcp://127.0.0.1:9: no Dask scheduler answers"):
        task_runner.task_runner(settings)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "prefect_dask.task_runners", None)
    settings = load_settings(home=tmp_path, task_runner="dask", dask_address="tcp://127.0.0.1:9")
    with pytest.raises(UsageError, match=r"pip install 'costwatt\[dask\]'"):
        task_runner.task_runner(settings)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"task_runner": "dask"}, "needs DASK_ADDRESS"),
        ({"dask_address": "tcp://10.0.0.1:8786"}, "tls://HOST:PORT"),
        ({"task_runner": "ray"}, "'thread' or 'dask'"),
    ],
)
def test_settings_that_do_not_fit_are_one_line(tmp_path: Path, given: dict[str, str], why: str) -> None:
    with pytest.raises(UsageError, match=why):
        load_settings(home=tmp_path, **given)
