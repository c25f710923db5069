"""``costwatt sql`` on a small published file: no column, row or type is lost on the way out."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.errors import CostwattError
from flows import cli
from flows.commands.sql import SHOWN_ROWS, sql
from flows.home import Home
from flows.published import run_sql, unique
from flows.render import Format

ODD = """select 'nan'::double as n, 'inf'::double as i, 'x'::blob as b, uuid() as u, interval 1 day as v,
    time '10:30' as t, [1.5::decimal(5, 2)] as l, 1 as n"""


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A night of one table."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path))
    (tmp_path / "published").mkdir()
    with duckdb.connect(str(tmp_path / "published" / "cost.duckdb")) as con:
        con.execute(
            "create table cost as select i, i::decimal(18, 6) as usd, null::varchar as note from range(2500) t(i)"
        )


def test_a_table_shows_the_first_rows_and_counts_the_rest(capsys: pytest.CaptureFixture[str]) -> None:
    sql("from cost order by i")
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == SHOWN_ROWS + 1
    assert err == "1,500 more rows; --format csv has them all\n"


def test_csv_has_every_row(capsys: pytest.CaptureFixture[str]) -> None:
    sql("from cost", Format.csv)
    out, err = capsys.readouterr()
    assert (len(out.splitlines()), err) == (2501, "")


def test_parquet_has_the_types_of_the_query_not_of_its_values(tmp_path: Path) -> None:
    for name, where in (("a", "i < 5"), ("b", "i > 2000"), ("none", "false")):
        sql(f"select *, 2::hugeint ** 70 as big from cost where {where}", output=tmp_path / f"{name}.parquet")
    schemas = [pq.read_schema(tmp_path / f"{name}.parquet") for name in ("a", "b", "none")]
    assert schemas[0] == schemas[1] == schemas[2]
    assert schemas[0].field("usd").type == pa.decimal128(18, 6)
    assert schemas[0].field("note").type == pa.string()
    assert (
        pa.concat_tables([pq.read_table(tmp_path / "a.parquet"), pq.read_table(tmp_path / "b.parquet")]).num_rows == 504
    )


def test_parquet_takes_whole_numbers_above_64_bits(tmp_path: Path) -> None:
    sql("select 1180591620717411303424::hugeint as big", output=tmp_path / "a.parquet")
    assert pq.read_table(tmp_path / "a.parquet")["big"].to_pylist() == [2**70]


def test_a_type_that_parquet_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(CostwattError, match="cast that column"):
        sql("select interval 1 day as v", output=tmp_path / "a.parquet")


def test_json_takes_every_type_and_every_column(capsys: pytest.CaptureFixture[str]) -> None:
    sql(ODD, Format.json)
    (row,) = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert (row["n"], row["i"], row["b"], row["t"], row["l"], row["n_1"]) == (None, None, "78", "10:30:00", [1.5], 1)


def test_excel_takes_every_type(tmp_path: Path) -> None:
    sql(ODD, output=tmp_path / "a.xlsx")
    header, row = openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(values_only=True)
    assert header == ("n", "i", "b", "u", "v", "t", "l", "n_1")
    assert (*row[:3], *row[4:]) == (None, None, "78", "1 day, 0:00:00", "10:30:00", "[1.5]", 1)


def test_columns_of_one_name_are_numbered_as_duckdb_does() -> None:
    select = "select 1 a, 2 a, 3 a_1, 4 A"
    assert unique(["a", "a", "a_1", "A"]) == duckdb.sql(f"select * from ({select})").columns


def test_too_little_memory_is_no_wrong_use(tmp_path: Path) -> None:
    def starved() -> None:
        with run_sql(Home(tmp_path), "select 1"):
            raise duckdb.OutOfMemoryException("Out of Memory Error: failed to allocate")

    with pytest.raises(CostwattError, match=r"^sql: Out of Memory Error: .*; ask for fewer") as error:
        starved()
    assert type(error.value) is CostwattError


def test_ctrl_c_ends_a_long_query(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    query = "select count(*) from cost a, cost b, cost c, cost d where a.i < d.usd"  # of hours
    monkeypatch.setattr(sys, "argv", ["costwatt", "sql", query])
    pressed = threading.Timer(2, os.kill, (os.getpid(), signal.SIGINT))
    pressed.start()
    with pytest.raises(SystemExit, match="130"):
        cli.main()
    assert capsys.readouterr().err == "costwatt: interrupted; the last published night stays\n"
