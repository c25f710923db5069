"""Nights with broken sources: a good night, then for each wave a broken one and the one that heals."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.home import Place, few_scenarios, prefect_server
from tests.faults.outcome import Outcome
from tests.faults.source_faults import WAVES, Fault, inject

SECRETS = {"COSTWATT_EIA_API_KEY": "a-key", "COSTWATT_ENTSOE_TOKEN": "a-token", "COSTWATT_OPENEI_API_KEY": "a-key"}
REGIONS = {"COSTWATT_AWS_REGIONS": "us-east-1,us-west-2,eu-central-1,eu-west-1"}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE", "AWS_SECRET_ACCESS_KEY": "fake"}


@dataclass
class Waves:
    """A HOME whose sources break.

    Args:
        place: HOME and environment of its nights.
        world: the sources.
        folder: for what the broken servers need.
        only: the sources asked; "" for all.
    """

    place: Place
    world: World
    folder: Path
    only: str = ""
    good: Mapping[str, str] = field(default_factory=dict)

    def undisturbed(self, what: str, day: date) -> Outcome:
        """A night without faults; from the second one on its figures must be those of the first."""
        done = self._night(self.place, day)
        if done.returncode:
            return Outcome(what, "exit 0", f"exit {done.returncode}: {done.stderr[-300:]}", held=False)
        found = self.place.figures()
        differing = [n for n in found if self.good and found[n] != self.good[n]]
        expected = "exit 0, all figures as before" if self.good else "exit 0"
        self.good = self.good or found
        run = self.place.published_run()
        return Outcome(what, expected, f"exit 0, run {run}, differing: {differing or 'none'}", held=not differing)

    def broken(self, wave: str, day: date) -> Iterator[Outcome]:
        """A night with all faults of a wave at once, and what is told of each; the sources are whole again after it."""
        counted = "select source, count(*) from instance_price_current group by all order by all"
        before = self.place.rows(counted)
        with ExitStack() as stack:
            inject(self.world, WAVES[wave], self.folder, stack)
            done = self._night(replace(self.place, env={**self.place.env, **self.world.env}), day)
        self.world.heal()
        what, expected = f"a night with {wave} faults", "exit 0, dated, whole, no price lost"
        if done.returncode:
            yield Outcome(what, expected, f"exit {done.returncode}: {done.stderr[-300:]}", held=False)
            return
        after = dict(self.place.rows(counted))
        lost = [f"{source} {count} -> {after.get(source, 0)}" for source, count in before if after.get(source) != count]
        ((dated,),) = self.place.rows("select max(cost_date) from daily_cost")
        seen = f"exit 0, {dated}, run {self.place.published_run()}, lost: {lost or 'none'}"
        yield Outcome(what, expected, seen, held=dated == day and not lost and "Traceback" not in done.stderr)
        for fault in WAVES[wave]:
            yield _told(self.place, fault)

    def _night(self, place: Place, day: date) -> subprocess.CompletedProcess[str]:
        self.world.new_version(int(f"{day:%m%d}000000"))
        return place.refresh(day, *(("--only", self.only) if self.only else ()))


def run_waves(folder: Path, names: Sequence[str] = tuple(WAVES)) -> Iterator[Outcome]:
    """Break and heal, wave by wave; every night has a date of its own."""
    world = World()
    nights = (datetime.now(UTC).date() - timedelta(days=days) for days in range(2 * len(names), -1, -1))
    with world.server, prefect_server(folder / "prefect") as prefect:
        env = world.settings() | SECRETS | REGIONS | CREDENTIALS | few_scenarios(folder)
        waves = Waves(Place(folder / "waves", env).with_prefect(prefect), world, folder)
        yield waves.undisturbed("a night without faults", next(nights))
        for name in names:
            yield from waves.broken(name, next(nights))
            yield waves.undisturbed(f"the night after {name} faults", next(nights))


def _told(place: Place, fault: Fault) -> Outcome:
    """What ``source_status`` says of the source that broke."""
    rows = place.rows(
        "select distinct status || ': ' || coalesce(message, '') from source_status"
        f" where source = '{fault.source}' and region like '{fault.region}' order by 1"
    )
    lines = [str(line) for (line,) in rows]
    fitting = next((line for line in lines if re.match(fault.expected, line)), None)
    seen = fitting or " | ".join(lines)
    return Outcome(f"{fault.name} ({fault.source})", fault.expected, seen[:160], held=fitting is not None)
