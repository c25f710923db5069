"""Publishing: one swap, the newest nights kept, a manifest that tells the truth."""

from __future__ import annotations

import hashlib
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from connectors.errors import CostwattError, UsageError
from flows.home import Home
from flows.night_date import night_date
from flows.publish import export, kept_nights, night_before, record_run, swap
from flows.settings import Settings
from flows.what_if import open_night


def night(home: Home, name: str, figure: int) -> Path:
    run = home.runs / name
    run.mkdir(parents=True)
    with duckdb.connect(str(run / "cost.duckdb")) as con:
        con.execute(f"create table daily_cost as select {figure} as usd_per_day, 'a' as option_id")
    return run


def test_the_link_always_points_to_a_whole_night(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    for i in range(4):
        run = night(home, f"2026112{i}", i)
        export(run, run.name, "2026-11-21")
        swap(home, run)
        assert home.published.resolve() == run
        with duckdb.connect(str(home.cost_file.resolve()), read_only=True) as con:
            assert con.execute("select usd_per_day from daily_cost").fetchone() == (i,)
    assert sorted(p.name for p in home.runs.iterdir()) == ["20261122", "20261123"]


def test_nights_of_a_clock_that_was_ahead_do_not_outlive_the_ones_after_it(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    for name in ("20261121", "20271122", "20271123", "20261122"):
        swap(home, night(home, name, 1))
    assert home.published.resolve().name == "20261122"
    assert [p.name for p in home.runs.iterdir()] == ["20261122"]


def test_a_night_of_a_clock_that_was_ahead_is_asked_for_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    for name, day in (("20261122a", "2026-11-23"), ("20261122b", "2026-11-22")):
        export(night(home, name, 1), name, day)
        swap(home, home.runs / name)
    assert kept_nights(home) == {"2026-11-22": home.published.resolve()}


def test_a_repeated_night_is_compared_with_the_night_before_it(tmp_path: Path) -> None:
    """A price that moved is told again by the repetition: after a failed publish nobody may have seen it."""
    home = Home(tmp_path).make()
    days = {"20261120": "2026-11-20", "20261121a": "2026-11-21", "20261121b": "2026-11-21", "20261121c": "2026-11-21"}
    for name, day in days.items():
        export(night(home, name, 1), name, day)
        swap(home, home.runs / name)
    assert night_before(home, "2026-11-21") == home.runs / "20261120"
    assert night_before(home, "2026-11-22") == home.runs / "20261121c"
    assert night_before(home, "2026-11-20") is None
    assert sorted(p.name for p in home.runs.iterdir()) == ["20261120", "20261121b", "20261121c"]


DAMAGED = ["", '{"cost_date": "20', "{}", "[]", "null", '{"cost_date": "soon"}', '{"cost_date": 5}', "\x00\x00"]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_damaged_manifest_stops_no_night_and_the_next_one_heals_it(tmp_path: Path, damaged: str) -> None:
    settings = Settings(home=tmp_path / "home")
    home = settings.paths.make()
    for day in ("2026-11-20", "2026-11-21"):
        run = night(home, day, 1)
        record_run(run / "cost.duckdb", day, date.fromisoformat(day), {"fetch": 1.5})
        export(run, day, day)
        swap(home, run)
    (home.published / "manifest.json").write_text(damaged)
    assert kept_nights(home) == {"2026-11-20": home.runs / "2026-11-20"}
    assert night_before(home, "2026-11-22") == home.runs / "2026-11-20"
    assert night_date(settings) == datetime.now(UTC).date()
    with pytest.raises(UsageError, match="before the last published night 2026-11-21"):  # as the tables say
        night_date(settings, "2026-11-20")
    reading = open_night(settings)
    with pytest.raises(CostwattError, match=r"manifest\.json: cannot be read; run: costwatt refresh"):
        reading.__enter__()
    export(night(home, "2026-11-22", 1), "2026-11-22", "2026-11-22")
    swap(home, home.runs / "2026-11-22")
    assert list(kept_nights(home)) == ["2026-11-20", "2026-11-22"]


def test_where_nothing_tells_the_last_night_the_next_one_goes_on(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    home = settings.paths.make()
    swap(home, night(home, "20261121", 1))
    for name in ("manifest.json", "cost.duckdb"):
        (home.published / name).write_text("")
    assert night_date(settings, "2026-11-20") == date(2026, 11, 20)


def test_a_night_is_on_the_disk_before_the_link_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home").make()
    first, second = (night(home, name, 1) for name in ("20261121", "20261122"))
    for run in (first, second):
        export(run, run.name, "2026-11-21")
    swap(home, first)
    synced: dict[int, str] = {}  # inode -> the night that was published then
    really = os.fsync

    def fsync(handle: int) -> None:
        synced[os.fstat(handle).st_ino] = home.published.resolve().name
        really(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    swap(home, second)
    whole = {path.stat().st_ino for path in (second, *second.rglob("*"), home.runs)}
    assert len(whole) >= 6  # two folders, database, manifest, parquet/daily_cost/data.parquet, .published
    assert {ino for ino, shown in synced.items() if shown == first.name} == whole
    assert {ino for ino, shown in synced.items() if shown == second.name} == {home.root.stat().st_ino}


def test_the_manifest_has_rows_and_digests_of_what_lies_there(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    run = night(home, "20261121", 7)
    record_run(run / "cost.duckdb", run.name, date(2026, 11, 21), {"fetch": 1.5})
    export(run, run.name, "2026-11-21")
    manifest = json.loads((run / "manifest.json").read_text())
    assert set(manifest["tables"]) == {"daily_cost", "run"}
    for entry in manifest["tables"].values():
        file = run / entry["file"]
        assert entry["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert entry["rows"] == pq.read_metadata(file).num_rows
    assert manifest["database"]["sha256"] == hashlib.sha256((run / "cost.duckdb").read_bytes()).hexdigest()


def test_published_files_are_readable_by_others(tmp_path: Path) -> None:
    home = Home(tmp_path).make()
    run = night(home, "20261121", 1)
    export(run, run.name, "2026-11-21")
    assert {p.stat().st_mode & 0o777 for p in run.rglob("*") if p.is_file()} == {0o644}
    assert {p.stat().st_mode & 0o777 for p in run.rglob("*") if p.is_dir()} == {0o755}
