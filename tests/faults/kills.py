"""kill -9 at seeded moments of a real night: what is published stays whole, and the next night heals.

The nights that are killed stand one on the wreck of the other: one killed in the fetch is followed by
one killed in the load, then in dbt, then in the publish, then by one that is left alone, whose
figures must be those of an undisturbed night. The first of each round has a Prefect server of its own,
which must die with it; the others share one.
"""

from __future__ import annotations

import random
import re
import signal
import subprocess
import threading
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.home import TIMEOUT_SECONDS, Place, few_scenarios, gone, prefect_server
from tests.faults.outcome import Outcome
from tests.faults.waves import REGIONS

STAGES = ("fetch", "load", "dbt", "publish")
BEFORE = {"fetch": "prefect_start", "load": "fetch", "dbt": "load", "publish": "dbt"}  # what ends as it begins
SMALL = "ecb_rates,azure_prices,eia861m_tariffs,bundled_prices,bundled_rates,static_tariffs,bundled_token_prices"
PUBLISH_SECONDS = 2.0  # before one was measured
ENDED = re.compile(r"^(\w+): ([0-9.]+) s$")  # a stage of the night and how long it took


class Progress:
    """The stages that a night says it has ended; read aside, for a full pipe would stop the night."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.seconds: dict[str, float] = {}
        self.lines: deque[str] = deque(maxlen=20)
        self.over = False
        self._process = process
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, stage: str, timeout_s: float) -> bool:
        """Return once a stage has ended, the night is over, or the time is up; whether the stage has ended."""
        with self._news:
            self._news.wait_for(lambda: stage in self.seconds or self.over, timeout_s)
            return stage in self.seconds

    def end(self) -> str:
        """Wait until the night is over; the last line that it printed."""
        self._process.wait(TIMEOUT_SECONDS)
        self._reader.join(TIMEOUT_SECONDS)
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        return self.lines[-1].strip() if self.lines else ""

    def at(self) -> str:
        """The stage that a night was at when it ended."""
        return next((s for s in STAGES if s not in self.seconds), "done")

    def _read(self) -> None:
        for line in self._process.stderr or ():
            self.lines.append(line)
            ended = ENDED.match(line)
            if ended:
                self._note({ended[1]: float(ended[2])})
        self._note({}, over=True)

    def _note(self, ended: Mapping[str, float], *, over: bool = False) -> None:
        with self._news:
            self.seconds |= ended
            self.over = over
            self._news.notify_all()


@dataclass
class Kills:
    """A HOME whose nights are killed.

    Args:
        place: HOME and environment; its nights share a Prefect server.
        day: date of every night.
        good: figures of the night before the kills, `seconds` how long its stages took.
    """

    place: Place
    day: date
    good: Mapping[str, str]
    seconds: dict[str, float]

    @classmethod
    def after(cls, place: Place, day: date) -> Kills:
        """Kills that follow a published night; its own publishing is not in its table of stages."""
        took = {str(stage): float(str(s)) for stage, s in place.rows("select stage, duration_s from run")}
        return cls(place, day, place.figures(), {"publish": PUBLISH_SECONDS} | took)

    def kill(self, stage: str, share: float, place: Place | None = None) -> tuple[str, Outcome]:
        """Kill a night after a share of the stage, at the latest as the stage ends; the stage that it was at."""
        place = place or self.place
        before, after_s = place.published_run(), share * self.seconds[stage]
        process = place.start("refresh", "--date", self.day.isoformat(), "--only", SMALL)
        progress = Progress(process)
        if progress.wait_for(BEFORE[stage], TIMEOUT_SECONDS) and progress.wait_for(stage, after_s):
            self.seconds[stage] = progress.seconds[stage]
        process.send_signal(signal.SIGKILL)
        progress.end()
        at = progress.at()
        what = f"kill -9 in {at}, aimed {after_s:.2f} s into {stage}"
        killed = process.returncode == -signal.SIGKILL
        return at if killed else "done", self._judge(what, before, process.returncode, at)

    def _judge(self, what: str, before: str, code: int, at: str) -> Outcome:
        """Published whole and right, and nobody left; a new night only if the killed one was at its publishing."""
        expected = "published whole and right, no process left"
        left = gone(self.place.home)
        try:
            after, figures = self.place.published_run(), self.place.figures()
        except (AssertionError, OSError) as error:
            return Outcome(what, expected, f"{error}", held=False)
        differing = [n for n in figures if figures[n] != self.good[n]]
        told = "the night before stays" if after == before else "the new night stands"
        seen = f"exit {code}, {told}, differing: {differing or 'none'}, left: {left or 'none'}"
        may_be_new = at in ("publish", "done")
        return Outcome(what, expected, seen, held=not left and not differing and (after == before or may_be_new))

    def heal(self) -> Outcome:
        """A night that is left alone."""
        expected = "exit 0, same figures, two runs kept"
        done = self.place.refresh(self.day, "--only", SMALL)
        if done.returncode:
            return Outcome("the next night", expected, f"exit {done.returncode}: {done.stderr[-300:]}", held=False)
        found = self.place.figures()
        differing = [n for n in found if found[n] != self.good[n]]
        runs = len([p for p in (self.place.home / ".published").iterdir() if p.is_dir()])
        seen = f"exit 0, run {self.place.published_run()}, differing: {differing or 'none'}, {runs} runs kept"
        return Outcome("the next night", expected, seen, held=not differing and runs <= 2)


def run_kills(folder: Path, kills: Mapping[str, int], seed: int = 9) -> Iterator[Outcome]:
    """Kill so many nights in each stage, round by round; every round ends with a whole night."""
    today = datetime.now(UTC).date()
    chance = random.Random(seed)  # noqa: S311  moments, not secrets
    home = folder / "kills"
    with World().server as server, prefect_server(folder / "prefect") as prefect:
        alone = Place(home, server.settings() | REGIONS | few_scenarios(folder))
        shared = alone.with_prefect(prefect)
        done = shared.refresh(today, "--only", SMALL)
        yield Outcome("a night before the kills", "exit 0", f"exit {done.returncode}", held=not done.returncode)
        if done.returncode:
            return
        campaign = Kills.after(shared, today)
        hit: Counter[str] = Counter()
        for _ in range(2 * max(kills.values()) + 2):  # a kill may miss its stage: so many rounds, then it is told
            wanted = [stage for stage in STAGES if hit[stage] < kills[stage]]
            if not wanted:
                break
            for n, stage in enumerate(wanted):
                at, outcome = campaign.kill(stage, chance.random(), alone if n == 0 else shared)
                hit[at] += 1
                yield outcome
            yield campaign.heal()
    told = ", ".join(f"{stage} {hit[stage]}" for stage in STAGES)
    yield Outcome(
        f"kills by stage, seed {seed}",
        ", ".join(f"{stage} {n}" for stage, n in kills.items()),
        told,
        held=all(hit[stage] >= n for stage, n in kills.items()),
    )
