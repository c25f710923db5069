"""Files for BI tools: a reader that polls while nights are published, and the export of one query."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import openpyxl
import pyarrow.parquet as pq
import pytest

from flows.home import Home
from flows.publish import export, record_run, swap
from tests.flows.conftest import Night

PUBLISHES = 20
FEEDS = {"database", "table", "folder"}
# Three kinds of look: one connection through the link; one table through the link; all files below the link, followed
# once. Each prints the nights that it saw: by run id, and by the figures themselves.
READER = """
import json, sys
from pathlib import Path
import duckdb, pyarrow.parquet as pq

published, until = Path(sys.argv[1]), Path(sys.argv[2])

def nights(rows):
    return {run for run, _ in rows} | {f"night-{int(usd) // 1000:02}" for _, usd in rows}

def table(file):
    rows = pq.read_table(file)
    return nights(zip(rows["run_id"].to_pylist(), rows["usd_per_day"].to_pylist()))

while not until.exists():
    with duckdb.connect(str(published / "cost.duckdb"), read_only=True) as con:
        seen = {run for (run,) in con.execute("select run_id from run").fetchall()}
        seen |= nights(con.execute("select run_id, usd_per_day from daily_cost").fetchall())
        print("database", *sorted(seen), flush=True)
    print("table", *sorted(table(published / "parquet" / "daily_cost" / "data.parquet")), flush=True)
    night = published.resolve()
    seen = table(night / "parquet" / "daily_cost") | {json.loads((night / "manifest.json").read_text())["run_id"]}
    seen |= set(pq.read_table(night / "parquet" / "run")["run_id"].to_pylist())
    print("folder", *sorted(seen), flush=True)
"""


def publish(home: Home, number: int) -> str:
    """Publish a night whose figures tell its number."""
    run_id = f"night-{number:02}"
    run = home.runs / run_id
    run.mkdir(parents=True)
    figures = f"select '{run_id}' as run_id, {number} * 1000 + i as usd_per_day from range(500) t(i)"
    with duckdb.connect(str(run / "cost.duckdb")) as con:
        con.execute(f"create table daily_cost as {figures}")
    record_run(run / "cost.duckdb", run_id, date(2026, 11, 21), {"dbt": 1.0})
    export(run, run_id, "2026-11-21")
    swap(home, run)
    return run_id


def test_a_polling_reader_never_fails_and_never_sees_two_runs(tmp_path: Path) -> None:
    home, stop = Home(tmp_path).make(), tmp_path / "stop"
    publish(home, 0)
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(home.published), str(stop)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert reader.stdout
    looks: list[list[str]] = []
    for number in range(1, PUBLISHES + 1):
        run_id = publish(home, number)
        # only the two newest nights stay, so none is published before this one was seen in every way
        while reader.poll() is None and any([feed, run_id] not in looks for feed in FEEDS):
            looks.append(reader.stdout.readline().split())
    stop.touch()
    out, err = reader.communicate(timeout=60)
    looks += [line.split() for line in out.splitlines()]
    assert reader.returncode == 0, err
    assert [look for look in looks if len(look) != 2] == []
    for feed in FEEDS:
        assert len({run for kind, run in looks if kind == feed}) >= PUBLISHES, feed


def test_parquet_reads_back_equal_with_pyarrow(live_night: Night) -> None:
    published = live_night.home / "published"
    for table, entry in json.loads((published / "manifest.json").read_text())["tables"].items():
        read = pq.read_table(published / entry["file"])
        with live_night.connect() as con:
            assert read.equals(con.execute(f'select * from "{table}"').to_arrow_table().cast(read.schema)), table


QUERY = "select cost_date, option_id, usd_per_day, rank, '=1+1' as formula from daily_cost where rank <= 3 order by all"


def test_a_query_as_excel_reads_back_with_openpyxl(live_night: Night, tmp_path: Path) -> None:
    file = tmp_path / "cost.xlsx"
    done = live_night.run("sql", QUERY, "--output", str(file))
    assert (done.returncode, done.stdout) == (0, "")
    header, *rows = openpyxl.load_workbook(file).active.iter_rows(values_only=True)
    assert header == ("cost_date", "option_id", "usd_per_day", "rank", "formula")
    expected = live_night.rows(QUERY)
    assert len(rows) == len(expected)
    for (day, option, usd, rank, text), want in zip(rows, expected, strict=True):
        assert (day.date(), option, rank, text) == (want[0], want[1], want[3], "=1+1")
        assert usd == pytest.approx(float(str(want[2])))


def test_a_query_as_parquet_and_csv(live_night: Night, tmp_path: Path) -> None:
    for name in ("cost.parquet", "cost.csv"):
        assert live_night.run("sql", QUERY, "--output", str(tmp_path / name)).returncode == 0
    rows = live_night.rows(QUERY)
    assert [tuple(r.values()) for r in pq.read_table(tmp_path / "cost.parquet").to_pylist()] == rows
    lines = (tmp_path / "cost.csv").read_text().splitlines()
    assert lines[0] == "cost_date,option_id,usd_per_day,rank,formula"
    assert lines[1] == ",".join(str(v) for v in rows[0])
    assert len(lines) == len(rows) + 1


@pytest.mark.parametrize(("name", "why"), [("cost.doc", "ends in none of"), ("none/cost.csv", "cannot be written")])
def test_a_bad_output_is_one_line(live_night: Night, tmp_path: Path, name: str, why: str) -> None:
    done = live_night.run("sql", "select 1", "--output", str(tmp_path / name))
    assert done.returncode == 2
    assert why in done.stderr
