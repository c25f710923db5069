"""Landing: what each source answered tonight, as files that a load reads in one pass.

``landing/<day>/<source>/<region>/`` holds, per price kind, ``<kind>.parquet`` (typed rows),
``<kind>.rejected.parquet`` and ``<kind>.json`` (the partition's status). A folder is written
aside and renamed whole, so a reader sees a complete answer or none.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.errors import SchemaDrift
from connectors.records import RECORDS, REJECTED, Partition, Record, schema_of, table_name

COMPLETE, UNCHANGED, FAILED, SKIPPED = "complete", "unchanged", "failed", "skipped"
NAME_BYTES_MAX = 120  # of a region's name: a file is named after it, its record and its kind, in 255 at most


@dataclass(frozen=True)
class Status:
    """What became of one partition tonight."""

    source: str
    record: str
    region: str
    kind: str
    status: str
    rows: int = 0
    rejected: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    source_url: str = ""
    source_version: str = ""
    etag: str = ""
    as_of: str | None = None
    message: str = ""
    seconds: float = 0.0


def part_folder(landing: Path, day: date, source: str, region: str) -> Path:
    """Folder of one (source, region) answer.

    Raises:
        SchemaDrift: a source's name of a region that leads out of the night's folder, where what it names would be
            replaced, or that can name no folder.
    """
    if file_name(region) != region:
        raise SchemaDrift(f"{source}: {shown(region)} names no folder of its own")
    return landing / day.isoformat() / source / "parts" / region


def file_name(region: str) -> str:
    """The name of a region where it is one plain name, else what stands for it on disk."""
    plain = region not in {"", ".", ".."} and "/" not in region and region.isprintable()
    if plain and len(region.encode()) <= NAME_BYTES_MAX:
        return region
    return f"odd-{hashlib.sha256(region.encode(errors='surrogatepass')).hexdigest()[:16]}"


def shown(region: str) -> str:
    """The name of a region for people; of an odd one the beginning, in quotes and with what is not text spelled out."""
    return region if file_name(region) == region else f"{region!a:.80}"


def write_part(folder: Path, source: str, partitions: Iterable[Partition]) -> list[Status]:
    """Write all partitions of one (source, region) pull; whole or not at all.

    The source works while it is iterated: each partition's seconds are those since the one before it.
    """
    # beside `parts`, which a load reads whole: half an answer is never in it
    aside = folder.parent.with_name("unfinished") / folder.name
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    written, since = [], time.monotonic()
    for partition in partitions:
        written.append(_write_partition(aside, source, partition, time.monotonic() - since))
        since = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(exist_ok=True)
    aside.rename(folder)
    return written


def write_failure(folder: Path, source: str, record: type[Record], region: str, status: str, message: str) -> Status:
    """Record that a source gave no answer; an answer from earlier tonight is kept and says so."""
    failed = Status(source, table_name(record), region, "", status, message=message)
    kept = {p: json.loads(p.read_text()) for p in sorted(folder.glob("*.json"))}
    kept = {p: s for p, s in kept.items() if s["status"] in (COMPLETE, UNCHANGED)}
    for path, earlier in kept.items():
        path.write_text(json.dumps(earlier | {"message": f"answer of earlier tonight kept; later: {message}"}))
    if not kept:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "failed.json").write_text(json.dumps(asdict(failed)))
    return failed


def is_whole(folder: Path) -> bool:
    """Whether a part holds all that it says of itself: a power cut may have left its files empty, cut, or out."""
    said: dict[str, int] = {}
    try:
        for path in folder.glob("*.json"):
            status = json.loads(path.read_text())
            said |= {f"{path.stem}.{kind}.parquet": status[kind] for kind in ("rows", "rejected") if status[kind]}
        return said == {file.name: pq.read_metadata(file).num_rows for file in folder.glob("*.parquet")}
    except (OSError, ValueError, TypeError, KeyError):  # Arrow raises one of the first two
        return False


def _write_partition(folder: Path, source: str, partition: Partition, seconds: float) -> Status:
    status = Status(
        source=source,
        record=table_name(partition.record),
        region=partition.region,
        kind=partition.kind,
        status=UNCHANGED if partition.unchanged else COMPLETE,
        rows=partition.rows.num_rows,
        rejected=partition.rejected.num_rows,
        dropped=dict(partition.dropped),
        source_url=partition.source_url,
        source_version=partition.source_version,
        etag=partition.etag,
        as_of=partition.as_of.isoformat() if partition.as_of else None,
        seconds=round(seconds, 3),
    )
    labels = {"source": source, "part_region": partition.region, "part_kind": partition.kind}
    stem = f"{status.record}.{file_name(partition.region)}.{partition.kind}"
    if partition.rows.num_rows:
        pq.write_table(_labelled(partition.rows, labels), folder / f"{stem}.rows.parquet")
    if partition.rejected.num_rows:
        pq.write_table(
            _labelled(partition.rejected, labels | {"record": status.record}), folder / f"{stem}.rejected.parquet"
        )
    (folder / f"{stem}.json").write_text(json.dumps(asdict(status)))
    return status


def _labelled(table: pa.Table, labels: dict[str, str]) -> pa.Table:
    """Add constant text columns; Parquet's dictionaries make them cost nothing."""
    for name, value in labels.items():
        table = table.append_column(name, pa.repeat(value, table.num_rows))
    return table


LABELS = {"source": "varchar", "part_region": "varchar", "part_kind": "varchar"}


def load(con: duckdb.DuckDBPyConnection, landing: Path, day: date) -> None:
    """Read tonight's files: answers into ``landing.partition`` and ``landing.rejected``, rows into ``gate.<record>``.

    The gate judges rows where they stand: to write them once more is the dearest part of a night's load.
    """
    con.execute("create schema if not exists landing")
    con.execute("create schema if not exists gate")
    folder = landing / day.isoformat()
    for record in RECORDS:
        name = table_name(record)
        files = folder.glob(f"*/parts/*/{name}.*.rows.parquet")
        _replace(con, f"gate.{name}", _columns(schema_of(record)) | LABELS, files)
    _replace(
        con,
        "landing.rejected",
        _columns(REJECTED) | LABELS | {"record": "varchar"},
        folder.glob("*/parts/*/*.rejected.parquet"),
    )
    _load_statuses(con, folder)


def _columns(schema: pa.Schema) -> dict[str, str]:
    return {f.name: _SQL_TYPES[str(f.type)] for f in schema}


_SQL_TYPES = {
    "string": "varchar",
    "bool": "boolean",
    "int64": "bigint",
    "double": "double",
    "date32[day]": "date",
    "timestamp[us, tz=UTC]": "timestamptz",
    "decimal128(18, 10)": "decimal(18, 10)",
}


def _replace(con: duckdb.DuckDBPyConnection, table: str, columns: dict[str, str], files: Iterable[Path]) -> None:
    typed = ", ".join(f'"{c}" {t}' for c, t in columns.items())
    con.execute(f"create or replace table {table} ({typed})")
    paths = sorted(str(f) for f in files)
    if paths:
        con.execute(f"insert into {table} by name select * from read_parquet($files)", {"files": paths})


def _load_statuses(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    statuses = [json.loads(p.read_text()) for p in sorted(folder.glob("*/parts/*/*.json"))]
    for s in statuses:
        s["dropped"] = json.dumps(s["dropped"], sort_keys=True)
    schema = pa.schema([(n, _STATUS_TYPES.get(n, pa.string())) for n in Status.__dataclass_fields__])
    statuses_arrow = pa.Table.from_pylist(statuses, schema=schema)
    con.register("statuses_arrow", statuses_arrow)
    con.execute("create or replace table landing.partition as select * from statuses_arrow")
    con.unregister("statuses_arrow")


_STATUS_TYPES = {"rows": pa.int64(), "rejected": pa.int64(), "seconds": pa.float64()}


def prune(landing: Path, keep: int) -> None:
    """Delete the files of all but the last `keep` nights."""
    for night in _nights(landing)[:-keep]:
        shutil.rmtree(night)


def drop_later(landing: Path, day: date) -> None:
    """Delete the files of nights after `day`: a clock that was ahead left them, and their answers are of other days."""
    for night in _nights(landing):
        if night.name > day.isoformat():
            shutil.rmtree(night)


def _nights(landing: Path) -> list[Path]:
    return sorted(p for p in landing.iterdir() if p.is_dir())
