"""Publishing: one swap, the newest nights kept, a manifest that tells the truth."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from flows.home import Home
from flows.publish import export, kept_nights, night_before, record_run, swap


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
