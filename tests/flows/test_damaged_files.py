"""Files of HOME that a bad disk or a power cut damaged: one line that says which, and what to do."""

from __future__ import annotations

import getpass
import os
import re
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import duckdb
import pytest

from connectors.errors import CostwattError
from flows import cli
from flows.settings import Settings
from flows.warehouse import connect, open_warehouse

HEADER_BYTES, BLOCK_BYTES = 3 * 4096, 1 << 18  # of a DuckDB file


def _cut(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("create table t as select uuid() as id from range(50000)")
    path.write_bytes(path.read_bytes()[:20_000])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "empty": Path.touch,
    "a folder": Path.mkdir,
    "text": lambda path: path.write_text("no database"),
    "cut": _cut,
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_warehouse_that_cannot_be_opened_says_what_to_do(tmp_path: Path, damage: str) -> None:
    settings = Settings(home=tmp_path)
    warehouse = settings.paths.warehouse
    DAMAGE[damage](warehouse)
    opening = open_warehouse(settings)
    with pytest.raises(CostwattError) as told:
        opening.__enter__()
    assert re.fullmatch(
        rf"{warehouse}: cannot be opened: IO Error: .*; unless another program uses it, move it aside: the next night"
        " makes a new one, and what is published stays",
        str(told.value),
    )
    warehouse.rename(tmp_path / "aside")
    with open_warehouse(settings) as con:  # as the line says
        assert con.execute("select 1").fetchone() == (1,)


NOBODY = 65534


def _refusal(path: str) -> str:
    """What another user is told."""
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    with pytest.raises(CostwattError) as told:
        connect(Path(path)).__enter__()
    return str(told.value)


def test_a_warehouse_of_another_user_is_not_said_to_be_moved_aside() -> None:
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other:
        Path(folder).chmod(0o755)
        file = Path(folder) / "warehouse.duckdb"
        duckdb.connect(str(file)).close()
        file.chmod(0o600 if os.geteuid() == 0 else 0)
        told = other.submit(_refusal, str(file)).result()
    owner = getpass.getuser()
    assert told == (
        f"{file}: belongs to {owner} and may not be opened; run costwatt as {owner}, or give the file to this user"
    )


@pytest.mark.parametrize("command", [("today",), ("sql", "from daily_cost"), ("sources",)])
def test_a_damaged_middle_of_the_published_night_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path))
    (tmp_path / "published").mkdir()
    file = tmp_path / "published" / "cost.duckdb"
    columns = "uuid()::varchar as {0}, uuid()::varchar as source, uuid()::varchar as status"
    with duckdb.connect(str(file)) as con:
        for table, column in (("daily_cost", "scenario_id"), ("source_status", "message")):
            con.execute(
                f"create table {table} as select {columns.format(column)}, 1 as accepted_rows, 1 as quarantined_rows,"
                " null::date as as_of, null::date as last_complete_on, 1 as age_days from range(40000)"
            )
    _damage_rows(file)
    monkeypatch.setattr(sys, "argv", ["costwatt", *command])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    told = capsys.readouterr().err
    assert re.fullmatch(
        rf"costwatt: {file}: cannot be read \(IO Error: Corrupt database file.*\); run: costwatt refresh\n", told
    )


def _damage_rows(file: Path) -> None:
    """Flip a byte of every block but those that DuckDB reads to open the file."""
    for at in range(HEADER_BYTES + BLOCK_BYTES // 2, file.stat().st_size, BLOCK_BYTES):
        whole = file.read_bytes()
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 255]) + whole[at + 1 :])
        try:
            with duckdb.connect(str(file), read_only=True) as con:
                con.execute("select table_name from duckdb_tables()").fetchall()
        except duckdb.IOException:
            file.write_bytes(whole)
