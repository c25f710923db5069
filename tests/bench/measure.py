"""What a figure is: several runs, their median and spread, and memory as the kernel counted it."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from tests.bench.places import ROOT, clean_environment

MEGABYTE = 1e6
KIBIBYTE = 1024
MAXRSS_BYTES = KIBIBYTE if sys.platform == "linux" else 1  # unit of ru_maxrss
LOOK_EVERY_S = 0.5

Raw = dict[str, Any]
Spread = dict[str, float]


def spread(values: Sequence[float]) -> Spread:
    """Median, least, greatest and number of some runs."""
    found = {"median": statistics.median(values), "min": min(values), "max": max(values)}
    return {name: float(f"{value:.5g}") for name, value in found.items()} | {"runs": len(values)}


@dataclass(frozen=True)
class Limit:
    """What was asked of a figure."""

    what: str
    value: float
    bound: float
    unit: str
    at_most: bool = True

    @property
    def met(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound


@dataclass(frozen=True)
class Table:
    """One table of the page; a cell may be a spread."""

    about: str
    columns: list[str]
    rows: list[list[object]]


def own_peak_mb() -> float:
    """Greatest memory of this process so far [MB], as the kernel counted it.

    Linux's ru_maxrss would do, but that it starts from the memory of the process that started this one.
    """
    _, peak_mb = memory_mb(os.getpid())
    return peak_mb or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * MAXRSS_BYTES / MEGABYTE


def import_the_rest() -> None:
    """Import what Arrow imports with its first value: pandas, where there is one; a night's environment has none."""
    pa.scalar("")


@dataclass(frozen=True)
class Run:
    """One finished process."""

    seconds: float
    cpu_s: float
    peak_mb: float  # of the largest process; no less than that of the one that started it
    stdout: str
    stderr: str

    def answer(self) -> Raw:
        """The JSON object that it printed last."""
        found: Raw = json.loads(self.stdout.strip().splitlines()[-1])
        return found


def run(command: Sequence[str | Path], log: Path, *, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> Run:
    """Run a command to its end; what it prints goes through two files beside `log`.

    Raises:
        RuntimeError: it failed; holds the end of what it said.
    """
    out, err = log.with_suffix(".out"), log.with_suffix(".err")
    started = time.perf_counter()
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [str(c) for c in command], env=dict(env or clean_environment()), cwd=cwd, stdout=stdout, stderr=stderr
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:
            process.terminate()
            raise
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    told = err.read_text(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{command}: exit {process.returncode}: {told[-2000:]}")
    peak_mb = usage.ru_maxrss * MAXRSS_BYTES / MEGABYTE
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak_mb, out.read_text(errors="replace"), told)


def module(name: str, *arguments: object, log: Path, env: Mapping[str, str] | None = None) -> Raw:
    """What a module of ours prints, run in a process of its own."""
    return run([sys.executable, "-m", name, *map(str, arguments)], log, env=env).answer()


def in_turn(works: Mapping[str, Callable[[], Raw]], runs: int) -> dict[str, list[Raw]]:
    """Each work once, then each again, `runs` times: what slows the machine slows all of them."""
    found: dict[str, list[Raw]] = {name: [] for name in works}
    for number in range(runs):
        for name, work in works.items():
            found[name].append(work())
            sys.stderr.write(f"  {number + 1}/{runs} {name}: {found[name][-1].get('seconds', 0):.2f} s\n")
    return found


def spreads(results: Sequence[Raw]) -> dict[str, Spread]:
    """Spread of every number that the runs gave."""
    return {
        key: spread([r[key] for r in results]) for key, value in results[0].items() if isinstance(value, int | float)
    }


def ratios(ours: Sequence[Raw], theirs: Sequence[Raw], key: str = "seconds") -> Spread:
    """Theirs over ours, pair by pair."""
    return spread([b[key] / a[key] for a, b in zip(ours, theirs, strict=True)])


@dataclass
class Peak:
    """Memory of a process tree.

    `own_mb` sums every process's own peak, the kernel's VmHWM, whenever it was: no less than the tree ever
    held. `together_mb` is the most that all held at one moment when looked at.
    """

    own: dict[int, float] = field(default_factory=dict)
    together_mb: float = 0.0

    @property
    def own_mb(self) -> float:
        return sum(self.own.values())

    def look(self, besides: int) -> None:
        """Read the memory of all processes below this one, but for the branch `besides`."""
        held = 0.0
        for pid in _descendants(os.getpid(), besides):
            now_mb, peak_mb = memory_mb(pid)
            held += now_mb
            self.own[pid] = max(peak_mb, self.own.get(pid, 0.0))
        self.together_mb = max(self.together_mb, held)


@contextmanager
def tree_peak(besides: int) -> Iterator[Peak]:
    """Watch the memory of this process's children and theirs; Linux."""
    peak, done = Peak(), threading.Event()

    def watch() -> None:
        while not done.wait(LOOK_EVERY_S):
            peak.look(besides)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield peak
    finally:
        done.set()
        watcher.join()


def _descendants(root: int, besides: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        children.setdefault(parent, []).append(int(stat.parent.name))
    found, waiting = [], [root]
    while waiting:
        born = [pid for pid in children.get(waiting.pop(), ()) if pid != besides]
        found += born
        waiting += born
    return found


def memory_mb(pid: int) -> tuple[float, float]:
    """Memory now and greatest memory [MB] of one process; nothing of one that has gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0, 0.0
    fields = dict(line.split(":", 1) for line in lines if ":" in line)
    now, peak = (int(fields.get(f, "0").split()[0]) * KIBIBYTE / MEGABYTE for f in ("VmRSS", "VmHWM"))
    return now, peak
