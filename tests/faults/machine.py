"""Faults of the machine: disk, files, clock, signals, a second process, a network that is not there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb

from tests.faults.home import ROOT, Place, left_behind
from tests.faults.outcome import Outcome

FETCH_LIMIT_SECONDS = 10
NAMESPACE = ("unshare", "--net", "--mount", "--map-root-user")
LOOPBACK = ROOT / "tests" / "flows" / "loopback_up.py"
# a route into loopback: packets for addresses that are not its own vanish there
DROPPED = "ip addr add 10.9.9.1/32 dev lo && ip route add default dev lo src 10.9.9.1"
RESOLVER = "echo nameserver 10.9.9.2 > {folder}/resolv.conf && mount --bind {folder}/resolv.conf /etc/resolv.conf"
HOSTS = "mount --bind {folder}/hosts /etc/hosts"


def run_machine_faults(place: Place, folder: Path) -> Iterator[Outcome]:
    """Each fault on a HOME with a published night; the last night of all heals."""
    before = place.published_run()
    for fault in (two_at_once, stopped, clock_a_day_back, corrupt_warehouse, older_schema, read_only, full_disk):
        yield fault(place, folder)
    done = place.refresh(_today())
    seen = f"exit {done.returncode}, run {place.published_run() if not done.returncode else done.stderr[-200:]}"
    yield Outcome("the night after", "exit 0, a new run", seen, held=not done.returncode and before not in seen)


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
    before = place.published_run()
    process = place.start("refresh", "--date", f"{_today()}")
    for line in process.stderr or ():
        if line.startswith("fetch: "):
            break
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=60)
    time.sleep(0.5)
    left = left_behind(place.home)
    seen = (
        f"exit {process.returncode}: {err.strip().splitlines()[-1][:80] if err.strip() else ''}, left: {left or 'none'}"
    )
    held = process.returncode == 143 and place.published_run() == before and not left and "Traceback" not in err
    return Outcome("SIGTERM", "exit 143, one line, the last night stays, no process left", seen, held=held)


def clock_a_day_back(place: Place, _: Path) -> Outcome:
    return _refused(place, "clock a day back", "before the last published night", 2, day=_today() - timedelta(days=1))


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
    whole = place.published_run()
    told = done.returncode == 1 and "move it aside: the next night makes a new one" in done.stderr
    (place.home / "warehouse.duckdb").rename(folder / "aside.duckdb")
    return Outcome("warehouse of an older schema", "exit 1 and what to do", seen, held=told and bool(whole))


def read_only(place: Place, folder: Path) -> Outcome:
    script = f"mount --bind {place.home} {place.home} && mount -o remount,ro,bind {place.home}"
    return _in_namespace(place, folder, "read-only directory", script, r"costwatt: .*cannot be written", (1, 2))


def full_disk(place: Place, folder: Path) -> Outcome:
    home = folder / "small"
    home.mkdir()
    script = f"mount -t tmpfs -o size=12m tmpfs {home} && cp -r {place.home}/.published {home}/ 2>/dev/null; true"
    small = Place(home, place.env)
    return _in_namespace(
        small, folder, "disk full (12 MB tmpfs)", script, r"costwatt: .*([Nn]o space|cannot|disk)", (1,)
    )


def _refused(place: Place, what: str, expected: str, code: int, day: date | None = None) -> Outcome:
    before = place.published_run()
    done = place.refresh(day or _today())
    line = done.stderr.strip().splitlines()[-1][:110]
    held = done.returncode == code and re.search(expected, done.stderr) and "Traceback" not in done.stderr
    same = place.published_run() == before and place.run("today").returncode == 0
    return Outcome(what, f"exit {code}: {expected}", f"exit {done.returncode}: {line}", held=bool(held) and same)


def _in_namespace(place: Place, folder: Path, what: str, script: str, expected: str, codes: tuple[int, ...]) -> Outcome:
    done = namespaced(place, folder, script, "refresh", "--date", f"{_today()}")
    if done is None:
        return Outcome(what, expected, "this machine allows no namespace: not run", held=True)
    lines = done.stderr.strip().splitlines() or [""]
    held = done.returncode in codes and re.match(expected, lines[-1]) is not None and "Traceback" not in done.stderr
    return Outcome(what, f"exit {codes[0]}: {expected}", f"exit {done.returncode}: {lines[-1][:110]}", held=held)


def namespaced(place: Place, folder: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str] | None:
    """Run costwatt in a network and mount namespace after `script`; None where the machine allows none."""
    command = f"{script.format(folder=folder)} && exec {sys.executable} -m tests.faults.impatient {' '.join(arguments)}"
    inner = [*NAMESPACE, sys.executable, str(LOOPBACK), "sh", "-c"]
    if subprocess.run([*inner, "true"], capture_output=True, check=False).returncode:
        return None
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSTWATT_", "AWS_", "AZURE_", "PREFECT_"))}
    given = {"AWS_EC2_METADATA_DISABLED": "true", "COSTWATT_COST_DRAWS": "16", "COSTWATT_HOME": str(place.home)}
    env = {k: v for k, v in place.env.items() if not k.startswith("PREFECT_API")}
    return subprocess.run(
        [*inner, command], env=clean | given | env, cwd=ROOT, capture_output=True, text=True, timeout=400, check=False
    )


def run_dead_networks(folder: Path) -> Iterator[Outcome]:
    """The public addresses behind a network that refuses, that drops, and whose resolver is mute: 10 s in all."""
    names = re.findall(r"https://([^/\"]+)", _sources())
    (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"10.9.8.7 {n}\n" for n in sorted(set(names))))
    cases: dict[str, str] = {
        "refused: no route at all": "true",
        "packets dropped": f"{DROPPED} && {HOSTS}",
        "mute resolver": f"{DROPPED} && {RESOLVER}",
    }
    for what, script in cases.items():
        home = folder / what.split(":")[0].replace(" ", "-")
        done = namespaced(Place(home, {}), folder, script, "refresh")
        yield _dead(what, home, done)


def _sources() -> str:
    return "".join(p.read_text() for p in sorted((ROOT / "connectors").glob("*.py")))


def _dead(what: str, home: Path, done: subprocess.CompletedProcess[str] | None) -> Outcome:
    expected = f"exit 0, fetch within {FETCH_LIMIT_SECONDS} s"
    if done is None:
        return Outcome(what, expected, "this machine allows no namespace: not run", held=True)
    if done.returncode:
        return Outcome(what, expected, f"exit {done.returncode}: {done.stderr[-200:]}", held=False)
    ((seconds,),) = Place(home, {}).rows("select duration_s from run where stage = 'fetch'")
    return Outcome(what, expected, f"exit 0, fetch {seconds} s", held=float(str(seconds)) <= FETCH_LIMIT_SECONDS)


def _today() -> date:
    return datetime.now(UTC).date()
