"""Publish a night: Parquet and a manifest beside the new database, then one symlink swap.

``published`` points to ``.published/<run>/``; readers open a whole night or the one before,
never half of one. The two newest nights stay.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

from flows.feeds import feeds
from flows.home import Home
from flows.published import manifest
from flows.warehouse import connect

SCHEMA_VERSION = 2  # one more whenever a column of a mart goes or another program could not read it as before
KEEP = 2


def record_run(database: Path, run_id: str, cost_date: date, seconds: dict[str, float]) -> None:
    """Add the table ``run``: how long each stage of this night took."""
    with connect(database) as con:
        con.execute("create or replace table run (run_id varchar, cost_date date, stage varchar, duration_s double)")
        con.executemany(
            "insert into run values (?, ?, ?, ?)", [(run_id, cost_date, stage, s) for stage, s in seconds.items()]
        )
        for column, comment in RUN_COMMENTS.items():
            target = f"column run.{column}" if column else "table run"
            con.execute(f"comment on {target} is '{comment}'")


RUN_COMMENTS = {
    "": "How long each stage of the published night took",
    "run_id": "Name of the published run",
    "cost_date": "Night that the run priced",
    "stage": "prefect_start, fetch, load or dbt",
    "duration_s": "Wall-clock time of the stage [s]",
}


def export(run: Path, run_id: str, cost_date: str) -> dict[str, Any]:
    """Write ``parquet/<table>/`` and ``manifest.json`` beside ``cost.duckdb``; return what the manifest says."""
    tables = {}
    with connect(run / "cost.duckdb", read_only=True) as con:
        for name, _ in feeds(con):
            tables[name] = _export_table(con, run, name)
        views = con.execute("select view_name from duckdb_views() where not internal order by 1").fetchall()
    told = {
        "run_id": run_id,
        "costwatt_version": version("costwatt"),
        "cost_date": cost_date,
        "schema_version": SCHEMA_VERSION,
        "database": {"file": "cost.duckdb", "sha256": _sha256(run / "cost.duckdb")},
        "tables": tables,
        "views": [v for (v,) in views],
    }
    (run / "manifest.json").write_text(json.dumps(told, indent=1) + "\n")
    for path in [run, *run.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return told


def _export_table(con: Any, run: Path, name: str) -> dict[str, Any]:
    file = run / "parquet" / name / "data.parquet"
    file.parent.mkdir(parents=True, exist_ok=True)
    con.execute(f"copy \"{name}\" to '{file}' (format parquet, compression zstd)")
    (rows,) = con.execute(f'select count(*) from "{name}"').fetchone()
    return {"file": str(file.relative_to(run)), "rows": rows, "sha256": _sha256(file)}


def swap(home: Home, run: Path) -> None:
    """Point ``published`` at `run` in one step, then drop all but it, the newest ones before it and the night before.

    The run is on the disk before the link names it, and the link before an older run goes: a power cut leaves one of
    them whole. What sorts after `run` was named by a clock that was ahead.
    """
    for path in (*run.rglob("*"), run, home.runs):
        _to_disk(path)
    link = home.root / f".published.{os.getpid()}"
    link.unlink(missing_ok=True)
    link.symlink_to(run.relative_to(home.root))
    link.replace(home.published)
    _to_disk(home.root)
    runs = sorted(p for p in home.runs.iterdir() if p.is_dir())
    other_nights = [folder for _, folder in sorted(kept_nights(home).items()) if folder != home.published.resolve()]
    kept = [*[p for p in runs if p.name <= run.name][-KEEP:], *other_nights[-1:]]
    for old in (p for p in runs if p not in kept):
        shutil.rmtree(old, ignore_errors=True)


def kept_nights(home: Home) -> dict[str, Path]:
    """Folder of each night that is still kept whole, by its date; of two runs of one night the published one.

    A night later than the published one was of a clock that was ahead, and is none.
    """
    # the link is followed once, so that one look sees one night
    published = home.published.resolve()
    folders = [*sorted(p.parent for p in home.runs.glob("*/manifest.json")), published]
    manifests = {folder: manifest(folder) for folder in folders if (folder / "cost.duckdb").exists()}
    nights = {folder: str(told["cost_date"]) for folder, told in manifests.items() if told}
    return {night: folder for folder, night in nights.items() if night <= nights.get(published, night)}


def night_before(home: Home, cost_date: str) -> Path | None:
    """The newest kept night before a date: a night may be repeated, and is no night before itself."""
    nights = kept_nights(home)
    earlier = max((night for night in nights if night < cost_date), default=None)
    return nights[earlier] if earlier else None


def _to_disk(path: Path) -> None:
    """Wait until the disk holds a file, or the names in a folder."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
