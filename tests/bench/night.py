"""Whole nights at production size: the real command in its own process, the world in another."""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from tests.bench import places
from tests.bench.measure import MEGABYTE, Limit, Raw, Table, run, spreads, tree_peak

TITLE = "A whole night at production size"
LAST = date(2026, 11, 21)
FIRST, UNCHANGED, CHANGED = "first night", "nothing changed", "all republished, 1 % of costs changed"
WHOLE_NIGHT_S, OWN_S, MEMORY_MB, PUBLISHED_MB = 300, 10, 2000, 120
COUNTED = ("daily_cost", "cost_history", "cost_change", "instance_price")
NODE = re.compile(r" of \d+ (?!START).*?(\S+) \.* *\[.* in ([\d.]+)s\]$")
NODES_SHOWN, FILES_SHOWN = 12, 6
SHOWN = {
    "s": "seconds",
    "without Prefect's start, s": "own_s",
    "largest process, MB": "peak_mb",
    "all at once, MB": "tree_mb",
    "published MB": "published_mb",
    "warehouse MB": "warehouse_mb",
    "changed cost rows": "cost_change_rows",
}


@dataclass(frozen=True)
class World:
    """The running fakes: what points costwatt at them, and their process."""

    settings: dict[str, str]
    pid: int


@contextmanager
def world(night: int, port: int = 0, plain_types: int = 0) -> Iterator[World]:
    """Serve one night's world until the block ends, see tests/bench/world.py."""
    given = {"--port": port, "--night": night, "--plain-types": plain_types}
    arguments = [text for option, value in given.items() for text in (option, str(value))]
    command = [sys.executable, "-m", "tests.bench.world", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=places.ROOT) as process:
        try:
            lines = iter(process.stdout.readline, "\n") if process.stdout else ()
            yield World(dict(line.strip().split("=", 1) for line in lines), process.pid)
        finally:
            process.terminate()


def measure(runs: int) -> Raw:
    """First nights, then nights in which nothing changed and nights with every list republished, in turn.

    Args:
        runs: how many nights of each kind; every first one into a new HOME, of which the last is used further.
    """
    folder = places.home() / "night"
    kinds = [FIRST] * runs + [kind for _ in range(runs) for kind in (UNCHANGED, CHANGED)]
    found: dict[str, list[Raw]] = {}
    port, number = 0, 1
    for ago, kind in zip(range(len(kinds) - 1, -1, -1), kinds, strict=True):
        if kind == FIRST:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        number += kind == CHANGED
        with world(number, port) as fakes:
            port = int(next(iter(fakes.settings.values())).split(":")[2].split("/")[0])
            found.setdefault(kind, []).append(one(folder, fakes, LAST - timedelta(days=ago)))
        sys.stderr.write(f"  {kind}: {json.dumps(found[kind][-1]['stages_s'])}\n")
    return {
        "nights": {kind: summary(nights) for kind, nights in found.items()},
        "published_files_mb": files_mb((folder / "home" / "published").resolve()),
    }


def one(folder: Path, fakes: World, day: date) -> Raw:
    """One night: seconds by stage and by node of dbt, memory, bytes, rows."""
    home = folder / "home"
    dbt_log = home / "dbt" / "logs" / "dbt.log"
    dbt_log.unlink(missing_ok=True)
    with tree_peak(besides=fakes.pid) as peak:
        done = run(refresh(day), folder / f"night-{day}", env=environment(home, fakes, "all"), cwd=folder)
    seconds = stages(home)
    return {
        "seconds": done.seconds,
        "own_s": done.seconds - seconds.get("prefect_start", 0),
        "peak_mb": done.peak_mb,
        "tree_mb": peak.together_mb,
        "tree_own_mb": peak.own_mb,
        "stages_s": seconds,
        "nodes_s": nodes(dbt_log),
        **left(home),
    }


def refresh(day: date) -> list[str]:
    """The command of one night."""
    return [sys.executable, "-m", "flows", "refresh", "--date", day.isoformat()]


def environment(home: Path, fakes: World, regions: str) -> dict[str, str]:
    """What it sees: the fakes alone, and no account."""
    given = {"AWS_EC2_METADATA_DISABLED": "true", "COSTWATT_HOME": str(home), "COSTWATT_AWS_REGIONS": regions}
    return places.clean_environment() | fakes.settings | given


def summary(nights: list[Raw]) -> Raw:
    """Spread of each number of some nights, and the medians of their stages and nodes."""
    return spreads(nights) | {
        part: {name: round(statistics.median([n[part].get(name, 0) for n in nights]), 3) for name in nights[0][part]}
        for part in ("stages_s", "nodes_s")
    }


def stages(home: Path) -> dict[str, float]:
    """Seconds of each stage, from the log of the newest run."""
    lines = [json.loads(line) for line in max((home / "logs").glob("*.jsonl")).read_text().splitlines()]
    return {line["stage"]: line["duration_s"] for line in lines if "stage" in line}


def nodes(log: Path) -> dict[str, float]:
    """Seconds of each node that dbt ran, dearest first; they run one at a time."""
    found = (NODE.search(line) for line in log.read_text().splitlines())
    seconds = {match[1].removeprefix("published.main."): float(match[2]) for match in found if match}
    return dict(sorted(seconds.items(), key=lambda item: -item[1]))


def left(home: Path) -> Raw:
    """Rows and bytes that a night leaves."""
    published = (home / "published").resolve()
    with duckdb.connect(str(published / "cost.duckdb"), read_only=True) as con:
        rows = {f"{t}_rows": con.sql(f"select count(*) from {t}").fetchall()[0][0] for t in COUNTED}
    return rows | {
        "published_mb": sum(files_mb(published).values()),
        "warehouse_mb": (home / "warehouse.duckdb").stat().st_size / MEGABYTE,
    }


def files_mb(folder: Path) -> dict[str, float]:
    """Bytes of each file below a folder, largest first."""
    sizes = {str(p.relative_to(folder)): p.stat().st_size / MEGABYTE for p in folder.rglob("*") if p.is_file()}
    return {name: round(mb, 3) for name, mb in sorted(sizes.items(), key=lambda item: -item[1])}


def limits(raw: Raw) -> Iterator[Limit]:
    """Five minutes on two cores and 2 GB; 10 s where nothing changed; 120 MB published."""
    nights = raw["nights"]
    for kind in (FIRST, CHANGED):
        yield Limit(f"night, {kind}", nights[kind]["seconds"]["median"], WHOLE_NIGHT_S, "s")
        yield Limit(f"memory of the night, {kind}", nights[kind]["tree_mb"]["max"], MEMORY_MB, "MB")
    yield Limit(f"night without Prefect's start, {UNCHANGED}", nights[UNCHANGED]["own_s"]["median"], OWN_S, "s")
    yield Limit("one published night, 1 % of costs changed", nights[CHANGED]["published_mb"]["max"], PUBLISHED_MB, "MB")


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    nights = raw["nights"]
    rows, of_prices = (nights[FIRST][f"{table}_rows"]["median"] for table in ("daily_cost", "instance_price"))
    yield Table(
        "34 AWS regions (9.2 GB of CSV a night), 61 Azure regions (a list of 142,000 Linux rows, of which the"
        f" accelerated are asked for), tariffs, exchange rates, token prices; {rows:,.0f} cost rows of {of_prices:,.0f}"
        " prices, 2,048 draws each. `costwatt refresh` in its own process; the fakes are another on the same cores, so"
        " that their work is in these seconds.",
        ["night", *SHOWN],
        [[kind, *(n[key] for key in SHOWN.values())] for kind, n in nights.items()],
    )
    names = list(nights[FIRST]["stages_s"])
    stages_of = [[kind, *(n["stages_s"].get(name) for name in names)] for kind, n in nights.items()]
    yield Table("Seconds by stage (median).", ["night", *names], stages_of)
    dearest = list(nights[CHANGED]["nodes_s"])[:NODES_SHOWN]
    yield Table(
        "Seconds by node of dbt (median; one at a time): the dearest of the last kind of night.",
        ["node", *nights],
        [[f"`{node}`", *(n["nodes_s"].get(node) for n in nights.values())] for node in dearest],
    )
    largest = list(raw["published_files_mb"].items())[:FILES_SHOWN]
    yield Table("Largest published files.", ["file", "MB"], [[f"`{name}`", mb] for name, mb in largest])
