"""kill -9 at seeded moments of a real night: what is published stays whole, and the next night heals.

The nights that are killed stand one on the wreck of the other: one killed in the fetch is followed by
one killed in the load, then in dbt, then in the publish, then by one that is left alone, whose
figures must be those of an undisturbed night.
"""

from __future__ import annotations

import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.home import TIMEOUT_SECONDS, Place, left_behind, prefect_server
from tests.faults.outcome import Outcome
from tests.faults.waves import REGIONS

STAGES = ("fetch", "load", "dbt", "publish")
BEFORE = {"fetch": "prefect_start", "load": "fetch", "dbt": "load", "publish": "dbt"}  # what ends as it begins
SMALL = "ecb_rates,azure_prices,eia861m_tariffs,bundled_prices,bundled_rates,static_tariffs,bundled_token_prices"


def run_kills(folder: Path, kills: Mapping[str, int], seed: int = 9) -> Iterator[Outcome]:
    """Kill so many nights in each stage, round by round; every round ends with a whole night."""
    today = datetime.now(UTC).date()
    chance = random.Random(seed)  # noqa: S311  moments, not secrets
    left = dict(kills)
    with World().server as server, prefect_server(folder / "kills") as prefect:
        place = Place(folder / "kills", prefect | server.settings() | REGIONS)
        done = place.refresh(today, "--only", SMALL)
        if done.returncode:
            yield Outcome("a night before the kills", "exit 0", done.stderr[-300:], held=False)
            return
        good, seconds = place.figures(), _seconds(place)
        while any(left.values()):
            for stage in STAGES:
                if left[stage]:
                    left[stage] -= 1
                    yield _kill(place, today, stage, chance.uniform(0, seconds[stage]))
            yield _heal(place, today, good)


def _seconds(place: Place) -> dict[str, float]:
    """How long each stage of the published night took; publishing is not in its own table."""
    rows = place.rows("select stage, duration_s from run")
    return {"publish": 1.5} | {str(stage): float(str(took)) for stage, took in rows}


def _kill(place: Place, day: date, stage: str, after_s: float) -> Outcome:
    before = place.published_run()
    process = place.start("refresh", "--date", day.isoformat(), "--only", SMALL)
    begun = _wait_for(process, f"{BEFORE[stage]}: ")
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait(TIMEOUT_SECONDS)
    what = f"kill -9, {after_s:.2f} s into {stage}"
    expected = "published whole, no process left"
    if not begun:
        return Outcome(what, expected, "the night ended before that stage", held=False)
    try:
        after = place.published_run()
    except (AssertionError, OSError) as error:
        return Outcome(what, expected, f"{error}", held=False)
    left = _gone(place.home)
    told = "the night before stays" if after == before else "the new night stands"
    ended = process.returncode == -signal.SIGKILL
    seen = f"{told}, processes left: {left or 'none'}{'' if ended else ', ended before the kill'}"
    return Outcome(what, expected, seen, held=not left and (after == before or stage == "publish"))


def _wait_for(process: subprocess.Popen[str], mark: str) -> bool:
    """Read progress up to the line that starts with `mark`; the rest is drained aside, lest a full pipe stop it."""
    for line in process.stderr or ():
        if line.startswith(mark):
            threading.Thread(target=lambda: list(process.stderr or ()), daemon=True).start()
            return True
    return False


def _gone(home: Path) -> list[str]:
    """What is left of a night after at most five seconds; the campaign's own Prefect server has another HOME."""
    for _ in range(50):
        found = left_behind(home)
        if not found:
            return []
        time.sleep(0.1)
    return found


def _heal(place: Place, day: date, good: Mapping[str, str]) -> Outcome:
    done = place.refresh(day, "--only", SMALL)
    if done.returncode:
        return Outcome("the next night", "heals", f"exit {done.returncode}: {done.stderr[-300:]}", held=False)
    found = place.figures()
    differing = [n for n in found if found[n] != good[n]]
    runs = len([p for p in (place.home / ".published").iterdir() if p.is_dir()])
    seen = f"exit 0, run {place.published_run()}, differing: {differing or 'none'}, {runs} runs kept"
    return Outcome("the next night", "exit 0, same figures, two runs kept", seen, held=not differing and runs <= 2)
