"""The warehouse as a lake: its catalog in a real Postgres, its data in moto's S3, its users real processes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import boto3
import psycopg
import pytest

from connectors.errors import CostwattError
from flows import dbt, lake
from flows.baseline import BASELINE_DATE
from flows.load import load_and_gate
from flows.settings import Settings, load_settings
from flows.warehouse import only_writer, open_warehouse
from tests.flows.clients.server import postgres, s3
from tests.flows.conftest import Night, command
from tests.flows.nights import House

CANARIES = ("canary-postgres", "canary-s3-key", "canary-s3-secret")
NIGHT = date.fromisoformat(BASELINE_DATE)
# tell of the run itself: how long it took, and why a source was not reached
OF_THE_RUN = {"run", "source_status", "alert"}


@dataclass(frozen=True)
class Lake:
    """A catalog and a bucket, and the settings that name them."""

    url: str
    env: dict[str, str]

    def settings(self, home: Path) -> Settings:
        warehouse, data = (self.env[f"COSTWATT_{name}"] for name in ("WAREHOUSE", "WAREHOUSE_DATA"))
        settings = load_settings(home=home, offline=True, cost_draws=256, warehouse=warehouse, warehouse_data=data)
        settings.paths.make()
        return settings

    def start(self, home: Path, code: str) -> subprocess.Popen[str]:
        """A process of another machine: it shares nothing with this one but the lake."""
        return subprocess.Popen(
            [sys.executable, "-c", code],
            env={"PATH": "/usr/bin:/bin", "COSTWATT_HOME": str(home), "COSTWATT_OFFLINE": "1", **self.env},
            stdout=subprocess.PIPE,
            text=True,
        )


@pytest.fixture(scope="module")
def shared() -> Iterator[Lake]:
    keys = {"AWS_ACCESS_KEY_ID": "canary-s3-key", "AWS_SECRET_ACCESS_KEY": "canary-s3-secret"}
    with postgres() as url, s3("lake", keys) as aws:
        address = f"ducklake:{url.replace('costwatt@', 'costwatt:canary-postgres@')}"
        yield Lake(url, aws | {"COSTWATT_WAREHOUSE": address, "COSTWATT_WAREHOUSE_DATA": "s3://lake/costwatt"})


@pytest.fixture(scope="module")
def night(shared: Lake, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night of the bundled tables, as `offline_night`, on the lake."""
    home = tmp_path_factory.mktemp("lake")
    env = shared.env | {"COSTWATT_HOME": str(home), "COSTWATT_OFFLINE": "1"}
    return Night(home, env, command("refresh", "--date", BASELINE_DATE, env=env))


def hashes(night: Night) -> dict[str, str]:
    manifest = json.loads((night.home / "published" / "manifest.json").read_text())
    return {table: entry["sha256"] for table, entry in manifest["tables"].items() if table not in OF_THE_RUN}


@pytest.mark.night
def test_a_night_on_the_lake_is_the_embedded_one_byte_for_byte(night: Night, offline_night: Night) -> None:
    assert night.first.returncode == 0, night.first.stderr[-2000:]
    assert hashes(night) == hashes(offline_night)
    assert len(hashes(night)) > 30
    assert not (night.home / "warehouse.duckdb").exists()
    assert boto3.client("s3").list_objects_v2(Bucket="lake", Prefix="costwatt/history/")["KeyCount"] > 0


@pytest.mark.night
def test_no_secret_is_printed_or_written(night: Night, shared: Lake) -> None:
    with psycopg.connect(shared.url) as con:
        told = con.execute("select * from ducklake_metadata").fetchall()
    assert [c for c in CANARIES if c in f"{told}{night.first.stdout}{night.first.stderr}"] == []
    files = [p for p in night.home.rglob("*") if p.is_file()]
    assert any(p.name == "dbt.log" for p in files)
    assert [p for p in files for c in CANARIES if c.encode() in p.read_bytes()] == []


@pytest.mark.night
def test_a_second_row_under_one_key_fails_the_checks(night: Night, shared: Lake) -> None:
    settings = shared.settings(night.home)
    check = ("one_open_version_per_key",)
    with open_warehouse(settings) as con:
        (before,) = con.execute("select max(snapshot_id) from warehouse.snapshots()").fetchone() or (0,)
        con.execute("insert into history.hist_assumption select * from history.hist_assumption limit 1")
    with pytest.raises(CostwattError, match="one_open_version_per_key"):
        dbt.build(settings, NIGHT, night.home / "none.duckdb", command="test", select=check)
    with open_warehouse(settings) as con:
        con.execute(
            "create or replace table history.hist_assumption as"
            f" select * from history.hist_assumption at (version => {before})"
        )
    dbt.build(settings, NIGHT, night.home / "none.duckdb", command="test", select=check)


@pytest.mark.night
def test_any_version_of_the_lake_can_be_asked(night: Night, shared: Lake) -> None:
    settings = shared.settings(night.home)
    answers = "select distinct cost_date from gate.partition"
    with open_warehouse(settings) as con:
        (version,) = con.execute("select max(snapshot_id) from warehouse.snapshots()").fetchone() or (0,)
    House(settings).land(NIGHT + timedelta(1), "azure_prices", "eastus", {"Standard_ND96isr_H100_v5": "98.32"})
    load_and_gate(settings, NIGHT + timedelta(1))
    with open_warehouse(settings) as con:
        lake.tidy(con, keep_days=7)
        assert con.execute(answers).fetchall() == [(NIGHT + timedelta(1),)]
        assert con.execute(f"{answers} at (version => {version})").fetchall() == [(NIGHT,)]


WRITE = """
import sys
from flows.settings import load_settings
from flows.warehouse import open_warehouse, whole
with open_warehouse(load_settings()) as con:
    for turn in range(4):
        with whole(con):
            con.execute("insert into probe.debit select range from range(50)")
            con.execute("insert into probe.credit select range from range(50)")
"""
READ = """
from flows.settings import load_settings
from flows.warehouse import open_warehouse
rows = 0
with open_warehouse(load_settings()) as con:
    while rows < 600:
        sql = "select (select count(*) from probe.debit), (select count(*) from probe.credit)"
        debit, credit = con.execute(sql).fetchone()
        assert debit == credit and debit % 50 == 0 and debit >= rows, (debit, credit, rows)
        rows = debit
print(rows)
"""


def test_writers_and_readers_at_once_lose_nothing_and_see_whole_transactions(shared: Lake, tmp_path: Path) -> None:
    with open_warehouse(shared.settings(tmp_path)) as con:
        con.execute("create schema probe")
        con.execute("create table probe.debit (i bigint)")
        con.execute("create table probe.credit (i bigint)")
    processes = [shared.start(tmp_path / str(n), code) for n, code in enumerate([READ, READ, WRITE, WRITE, WRITE])]
    told = [process.communicate(timeout=300)[0] for process in processes]
    assert [p.returncode for p in processes] == [0] * 5
    assert told[:2] == ["600\n", "600\n"]


KILLED = """
import time
from datetime import date
from flows import load
from flows.settings import load_settings
def hang(con, *_):
    print(con.execute("select count(*) from landing.partition").fetchone()[0], flush=True)
    time.sleep(600)
load.gate = hang
settings = load_settings()
settings.paths.make()
load.load_and_gate(settings, date(2026, 11, 25))
"""


def test_a_killed_load_leaves_nothing_of_itself(shared: Lake, tmp_path: Path) -> None:
    day, settings = date(2026, 11, 25), shared.settings(tmp_path)
    House(settings).land(day, "azure_prices", "eastus", {"Standard_ND96isr_H100_v5": "98.32"})
    load_and_gate(settings, day)
    House(settings).land(day, "azure_prices", "westus", {"Standard_ND96isr_H100_v5": "98.32"})
    load = shared.start(tmp_path, KILLED)
    assert load.stdout
    assert load.stdout.readline() == "2\n"
    load.kill()
    load.communicate()
    regions = "select region from {schema}.partition order by region"
    with open_warehouse(settings) as con:
        for schema in ("landing", "gate"):
            assert con.execute(regions.format(schema=schema)).fetchall() == [("eastus",)]
    load_and_gate(settings, day)
    with open_warehouse(settings) as con:
        assert con.execute(regions.format(schema="gate")).fetchall() == [("eastus",), ("westus",)]


HOLD = """
import time
from flows.settings import load_settings
from flows.warehouse import only_writer
with only_writer(load_settings()):
    print("held", flush=True)
    time.sleep(600)
"""


def test_one_night_at_a_time_on_any_machine_and_a_killed_one_stops_nobody(shared: Lake, tmp_path: Path) -> None:
    settings = shared.settings(tmp_path)
    holder = shared.start(tmp_path, HOLD)
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(CostwattError, match="another refresh writes this lake"), only_writer(settings):
        pass
    holder.kill()
    holder.communicate()
    assert free_within(settings, seconds=60)


def free_within(settings: Settings, seconds: float) -> bool:
    """Postgres sees the end of a killed client when it next reads from it."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            with only_writer(settings):
                return True
        except CostwattError:
            time.sleep(0.1)
    return False


def test_data_elsewhere_than_the_catalog_says_is_refused(shared: Lake, tmp_path: Path) -> None:
    with open_warehouse(shared.settings(tmp_path)):
        pass
    other = load_settings(
        home=tmp_path, warehouse=shared.env["COSTWATT_WAREHOUSE"], warehouse_data="s3://lake/elsewhere"
    )
    with pytest.raises(CostwattError, match="the lake cannot be opened") as refused, open_warehouse(other):
        pass
    assert [c for c in CANARIES if c in str(refused.value)] == []
