"""The marts in a real Postgres, read back with psycopg (they are written with asyncpg)."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from connectors.errors import CostwattError
from flows import postgres as feed
from flows.postgres import publish_postgres
from tests.flows.clients.server import postgres
from tests.flows.conftest import Night

PUBLISHES = 20


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with postgres() as address:
        yield address


def small_night(folder: Path, run: int) -> Path:
    file = folder / f"{run}.duckdb"
    with duckdb.connect(str(file)) as con:
        con.execute(f"create table run as select '{run}' as run_id")
        con.execute(f"create table daily_cost as select '{run}' as run_id, i as usd_per_day from range(500) t(i)")
        con.execute("comment on column daily_cost.usd_per_day is 'what it''s worth [USD/day]'")
    return file


def ask(url: str, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, options="-c timezone=UTC") as con:
        return con.execute(sql).fetchall()


def test_every_row_of_every_mart_reads_back_equal(url: str, live_night: Night) -> None:
    publish_postgres((live_night.home / "published" / "cost.duckdb").resolve(), url)
    marts = "select table_name from information_schema.tables where table_schema = 'main'"
    tables = [str(t) for (t,) in live_night.rows(f"{marts} and table_name <> 'cost_by_day'")]
    assert {"daily_cost", "focus_cost"} < set(tables)
    assert {t for (t,) in ask(url, "select tablename from pg_tables where schemaname = 'costwatt'")} == set(tables)
    for table in tables:
        there = Counter(ask(url, f'select * from costwatt."{table}"'))
        assert there == Counter(live_night.rows(f'select * from "{table}"')), table


def test_every_column_keeps_its_comment(url: str, live_night: Night) -> None:
    publish_postgres((live_night.home / "published" / "cost.duckdb").resolve(), url)
    there = ask(
        url,
        "select relname, attname, col_description(c.oid, attnum) from pg_class c join pg_attribute on attrelid = c.oid"
        " where relnamespace = 'costwatt'::regnamespace and relkind = 'r' and attnum > 0",
    )
    here = live_night.rows(
        "select table_name, column_name, comment from duckdb_columns()"
        " where schema_name = 'main' and not internal and table_name <> 'cost_by_day'"
    )
    assert Counter(there) == Counter(here)


def test_the_reader_role_reads_and_cannot_write(url: str, tmp_path: Path) -> None:
    publish_postgres(small_night(tmp_path, 1), url)
    with psycopg.connect(url) as con:
        con.execute("set role costwatt_reader")
        assert con.execute("select count(*) from costwatt.daily_cost").fetchone() == (500,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            con.execute("delete from costwatt.daily_cost")


def test_a_reader_never_fails_and_never_sees_two_runs(url: str, tmp_path: Path) -> None:
    publish_postgres(small_night(tmp_path, 0), url)
    looks: list[set[object]] = []
    done = threading.Event()

    def poll() -> None:
        with psycopg.connect(url) as con:
            while not done.is_set():
                with con.transaction():
                    con.execute("set transaction isolation level repeatable read")
                    first = con.execute("select run_id from costwatt.run").fetchall()
                    rows = con.execute("select run_id from costwatt.daily_cost").fetchall()
                assert len(rows) == 500
                looks.append({r for (r,) in first + rows})

    readers = [threading.Thread(target=poll) for _ in range(2)]
    for reader in readers:
        reader.start()
    for run in range(1, PUBLISHES + 1):
        publish_postgres(small_night(tmp_path, run), url)
    done.set()
    for reader in readers:
        reader.join()
    assert len(looks) > PUBLISHES
    assert {len(look) for look in looks} == {1}
    assert len({next(iter(look)) for look in looks}) > 5


def test_a_transaction_begun_before_the_swap_finds_the_new_night_whole(url: str, tmp_path: Path) -> None:
    publish_postgres(small_night(tmp_path, 1), url)
    with psycopg.connect(url) as con:
        con.execute("set transaction isolation level repeatable read")
        con.execute("select 1")  # takes the snapshot
        publish_postgres(small_night(tmp_path, 2), url)
        assert con.execute("select run_id, count(*) from costwatt.daily_cost group by 1").fetchall() == [("2", 500)]


def test_a_type_without_a_counterpart_leaves_the_old_night(url: str, tmp_path: Path) -> None:
    publish_postgres(small_night(tmp_path, 1), url)
    file = small_night(tmp_path, 2)
    with duckdb.connect(str(file)) as con:
        con.execute("create table zebra as select interval 1 day as age")
    with pytest.raises(CostwattError, match=r"zebra\.age has type INTERVAL"):
        publish_postgres(file, url)
    assert ask(url, "select run_id from costwatt.run") == [("1",)]


def test_a_view_of_somebody_else_is_never_dropped(url: str, tmp_path: Path) -> None:
    publish_postgres(small_night(tmp_path, 1), url)
    with psycopg.connect(url) as con:
        con.execute("create view mine as select * from costwatt.run")
    with pytest.raises(CostwattError, match="view mine depends on table"):
        publish_postgres(small_night(tmp_path, 2), url)
    with psycopg.connect(url) as con:
        assert con.execute("select run_id from mine").fetchall() == [("1",)]
        con.execute("drop view mine")


def test_a_reader_that_never_ends_is_named(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "SWAP_S", 0.3)
    publish_postgres(small_night(tmp_path, 1), url)
    with psycopg.connect(url) as con:
        con.execute("select * from costwatt.run")
        with pytest.raises(CostwattError, match="readers held the tables"):
            publish_postgres(small_night(tmp_path, 2), url)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://costwatt:sesame@127.0.0.1:1/postgres",
        "postgresql://costwatt:sesame/Xyz@127.0.0.1/postgres",  # read as a port
        "postgresql://costwatt:sesame@127.0.0.1:99999/postgres",
    ],
)
def test_an_error_shows_no_password(tmp_path: Path, address: str) -> None:
    with pytest.raises(CostwattError, match="PUBLISH_POSTGRES") as caught:
        publish_postgres(small_night(tmp_path, 1), address)
    assert "sesame" not in str(caught.value)
