"""Faults of the machine: disk, files, clock, signals, a second process."""

from __future__ import annotations

import re
import shutil
import signal
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from tests.faults.home import TIMEOUT_SECONDS, Place, gone
from tests.faults.impatient import CLOCK_DAYS
from tests.faults.kills import SMALL, Progress
from tests.faults.namespaces import namespaced
from tests.faults.outcome import Outcome


def run_machine_faults(place: Place, folder: Path) -> Iterator[Outcome]:
    """Each fault on a HOME with a published night; the last night of all heals."""
    before = place.published_run()
    faults = (
        two_at_once, stopped, interrupted, clock_a_day_back, corrupt_warehouse, older_schema, read_only, full_disk,
    )  # fmt: skip
    for fault in faults:
        yield fault(place, folder)
    done = place.refresh(_today())
    seen = f"exit {done.returncode}, run {place.published_run() if not done.returncode else done.stderr[-200:]}"
    yield Outcome("the night after", "exit 0, a new run", seen, held=not done.returncode and before not in seen)
    yield clock_a_day_ahead(place, folder)  # the last: its nights are of tomorrow


def two_at_once(place: Place, _: Path) -> Outcome:
    first = place.start("refresh", "--date", f"{_today()}")
    lock = place.home / "refresh.lock"
    while str(first.pid) not in (lock.read_text() if lock.exists() else ""):
        time.sleep(0.05)
    started = time.monotonic()
    second = place.run("refresh", "--date", f"{_today()}")
    seconds = time.monotonic() - started
    reading = place.run("today", "--format", "json")
    first.communicate(timeout=400)
    expected = rf"costwatt: another refresh runs \(process {first.pid}, since \S+\)"
    held = second.returncode == 1 and re.match(expected, second.stderr) and reading.returncode == 0
    seen = f"exit {second.returncode} in {seconds:.1f} s: {second.stderr.strip()[:70]}; reads and the first go on"
    return Outcome(
        "a second refresh", "exit 1, who and since when; reads go on", seen, held=bool(held) and not first.returncode
    )


def stopped(place: Place, _: Path) -> Outcome:
    return _signalled(place, signal.SIGTERM, 143)


def interrupted(place: Place, _: Path) -> Outcome:
    return _signalled(place, signal.SIGINT, 130)


def _signalled(place: Place, number: signal.Signals, code: int) -> Outcome:
    """A signal as the fetch has ended and Prefect begins the task of the load."""
    before = place.published_run()
    process = place.start("refresh", "--date", f"{_today()}", "--only", SMALL)
    progress = Progress(process)
    progress.wait_for("fetch", TIMEOUT_SECONDS)
    process.send_signal(number)
    last = progress.end()
    left = gone(place.home)
    seen = f"exit {process.returncode}: {last[:80]}, left: {left or 'none'}"
    traced = any("Traceback" in told for told in progress.lines)
    held = process.returncode == code and last.startswith("costwatt: stopped; ") and not traced and not left
    expected = f"exit {code}, one line, the last night stays, no process left"
    return Outcome(number.name, expected, seen, held=held and place.published_run() == before)


def clock_a_day_back(place: Place, _: Path) -> Outcome:
    return _refused(place, "clock a day back", "before the last published night", 2, day=_today() - timedelta(days=1))


def clock_a_day_ahead(place: Place, _: Path) -> Outcome:
    """Once the clock is right again, a night waits for a person to say so, and replaces that of the wrong day."""
    tomorrow = _today() + timedelta(days=1)
    ahead = place.refresh(tomorrow, **{CLOCK_DAYS: "1"})
    run = place.published_run()
    waiting = place.run("refresh")
    right = place.refresh(_today())
    replaced = place.published_run()
    then = place.refresh(tomorrow, **{CLOCK_DAYS: "1"})
    codes = (ahead.returncode, waiting.returncode, right.returncode, then.returncode)
    line = waiting.stderr.strip().splitlines()[-1][:90]
    held = codes == (0, 2, 0, 0) and "lies in the future" in line and run < replaced < place.published_run()
    expected = "exit 0; 2: lies in the future; 0 by its date; 0 when the day comes"
    return Outcome("clock a day ahead, then right", expected, f"exit {codes}: {line}", held=held)


def corrupt_warehouse(place: Place, folder: Path) -> Outcome:
    warehouse = place.home / "warehouse.duckdb"
    kept = folder / "kept.duckdb"
    shutil.copy(warehouse, kept)
    with warehouse.open("r+b") as file:
        file.write(b"\xff" * 20_000)
    outcome = _refused(place, "corrupt warehouse file", r"warehouse.duckdb: cannot be opened", 1)
    shutil.copy(kept, warehouse)
    return outcome


def older_schema(place: Place, folder: Path) -> Outcome:
    """A warehouse that an older costwatt wrote: a column of history is not there yet."""
    with duckdb.connect(str(place.home / "warehouse.duckdb")) as con:
        con.execute("alter table history.hist_partition drop column source_version")
        con.execute("alter table gate.quarantine drop column reason")
    done = place.refresh(_today())
    seen = f"exit {done.returncode}: {done.stderr.strip().splitlines()[-1][-150:]}"
    told = done.returncode == 1 and "move it aside: the next night makes a new one" in done.stderr
    reading = place.run("today").returncode == 0 and bool(place.published_run())
    (place.home / "warehouse.duckdb").rename(folder / "aside.duckdb")
    expected = "exit 1 and what to do; reads go on"
    return Outcome("warehouse of an older schema", expected, seen, held=told and reading)


def read_only(place: Place, folder: Path) -> Outcome:
    script = f"mount --bind {place.home} {place.home} && mount -o remount,ro,bind {place.home}"
    return _in_namespace(place, folder, "read-only directory", script, r"costwatt: .*cannot be written", 2)


def full_disk(place: Place, folder: Path) -> Outcome:
    """A disk that holds the published night and little more."""
    home = folder / "tmpfs"
    home.mkdir()
    used = sum(f.stat().st_size for f in (place.home / ".published").rglob("*") if f.is_file())
    size_mib = (used >> 20) + 8
    night = f"{place.home}/.published {place.home}/published"
    script = f"mount -t tmpfs -o size={size_mib}m tmpfs {home} && cp -a {night} {home}"
    what, expected = f"disk full ({size_mib} MB tmpfs)", r"costwatt: .*([Nn]o space|disk)"
    return _in_namespace(Place(home, place.env), folder, what, script, expected, 1)


def _refused(place: Place, what: str, expected: str, code: int, day: date | None = None) -> Outcome:
    before = place.published_run()
    done = place.refresh(day or _today())
    line = done.stderr.strip().splitlines()[-1][:110]
    held = done.returncode == code and re.search(expected, done.stderr) and "Traceback" not in done.stderr
    same = place.published_run() == before and place.run("today").returncode == 0
    return Outcome(what, f"exit {code}: {expected}", f"exit {done.returncode}: {line}", held=bool(held) and same)


def _in_namespace(place: Place, folder: Path, what: str, script: str, expected: str, code: int) -> Outcome:
    done = namespaced(place, folder, script, "refresh", "--date", f"{_today()}", then="today")
    told = f"exit {code}: {expected}; reads go on"
    if done is None:
        return Outcome(what, told, "this machine allows no namespace: not run", held=True)
    lines = done.stderr.strip().splitlines() or [""]
    held = done.returncode == code and re.match(expected, lines[-1]) is not None and "Traceback" not in done.stderr
    return Outcome(what, told, f"exit {done.returncode}: {lines[-1][:110]}", held=held)


def _today() -> date:
    return datetime.now(UTC).date()
