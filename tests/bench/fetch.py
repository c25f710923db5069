"""Memory of a night's fetch: price files of many regions against that of one."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from functools import partial
from pathlib import Path

from tests.bench import places
from tests.bench.measure import Limit, Raw, Table, in_turn, memory_mb, ratios, spreads
from tests.bench.night import World, environment, refresh, stages, world

TITLE = "Many regions in the memory of one"
NIGHT = date(2026, 11, 21)
PLAIN_TYPES = 48  # make files of 30 MB
ONE, ALL = "one region", "34 regions"
REGIONS = {ONE: "us-east-1", ALL: "all"}
LOOK_EVERY_S = 0.02
FETCHED = '"stage": "fetch", "duration_s"'  # in the line of the log that a fetch ends with


def measure(runs: int) -> Raw:
    """First nights with one region and with all of them, in turn, each until its fetch is done."""
    folder = places.home() / "fetch"
    with world(1, plain_types=PLAIN_TYPES) as fakes:
        works = {name: partial(fetched, folder, fakes, regions) for name, regions in REGIONS.items()}
        found = in_turn(works, runs)
    fetches = {name: spreads(results) for name, results in found.items()}
    return {"fetches": fetches, "peak_of_all_over_one": ratios(found[ONE], found[ALL], "peak_mb")}


def fetched(folder: Path, fakes: World, regions: str) -> Raw:
    """Seconds of the fetch of one new HOME, and the greatest memory of its process until then."""
    shutil.rmtree(folder, ignore_errors=True)
    home = folder / "home"
    home.mkdir(parents=True)
    with (folder / "night.log").open("wb") as log:
        night = subprocess.Popen(
            refresh(NIGHT), env=environment(home, fakes, regions), cwd=folder, stdout=log, stderr=log
        )
        try:
            return _watched(night, home)
        finally:
            night.kill()
            night.wait()


def _watched(night: subprocess.Popen[bytes], home: Path) -> Raw:
    peak_mb = 0.0
    while night.poll() is None:
        _, peak_mb = memory_mb(night.pid)
        if any(FETCHED in log.read_text() for log in (home / "logs").glob("*.jsonl")):
            return {"seconds": stages(home)["fetch"], "peak_mb": peak_mb}
        time.sleep(LOOK_EVERY_S)
    raise RuntimeError(f"the night ended with {night.returncode} before its fetch did; see {home.parent / 'night.log'}")


def limits(raw: Raw) -> Iterator[Limit]:
    """No more memory for many than for one."""
    one, many = (raw["fetches"][name]["peak_mb"]["median"] for name in (ONE, ALL))
    yield Limit("memory of a night's fetch, 34 regions of 30 MB (asked: no more than one)", many, one, "MB")


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    yield Table(
        "First nights of all sources, each until its fetch is done; every AWS region has a price file of 30 MB.",
        ["night", "fetch, s", "peak MB of the process"],
        [[name, f["seconds"], f["peak_mb"]] for name, f in raw["fetches"].items()],
    )
