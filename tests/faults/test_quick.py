"""The quick set of ``make faults``: kills late in a night, a stop, one wave of broken sources, then healing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.breaking import World
from tests.faults.home import Place, few_scenarios, prefect_server
from tests.faults.kills import SMALL, Kills
from tests.faults.machine import stopped
from tests.faults.outcome import Outcome
from tests.faults.source_faults import TRANSPORT
from tests.faults.waves import CREDENTIALS, REGIONS, SECRETS, Waves

SOURCES = ",".join(sorted({*SMALL.split(","), *(fault.source for fault in TRANSPORT)}))

LATE_STAGES = ("dbt", "publish")  # where a half state would do most harm; the campaign takes all four


def run_quick(folder: Path) -> Iterator[Outcome]:
    """One HOME and one Prefect server: a good night, two kills, a stop, broken sources, the night that heals."""
    world = World()
    nights = [datetime.now(UTC).date() - timedelta(days=days) for days in (2, 1, 0)]
    chance = random.Random(1)  # noqa: S311  moments, not secrets
    with world.server, prefect_server(folder / "prefect") as prefect:
        alone = Place(folder / "home", world.settings() | SECRETS | REGIONS | CREDENTIALS | few_scenarios(folder))
        place = alone.with_prefect(prefect)
        waves = Waves(place, world, folder, SOURCES)
        yield waves.undisturbed("a night without faults", nights[0])
        kills = Kills.after(place, nights[0])
        for n, stage in enumerate(LATE_STAGES):
            yield kills.kill(stage, chance.random(), place if n else alone)[1]
        yield stopped(alone, folder)
        yield from waves.broken("transport", nights[1])
        yield waves.undisturbed("the night after", nights[2])


@pytest.mark.night
@pytest.mark.timeout(1500)
def test_kills_and_broken_sources_cost_no_night(tmp_path: Path) -> None:
    missed = [f"{o.fault}: expected {o.expected}, seen {o.seen}" for o in run_quick(tmp_path) if not o.held]
    assert not missed, "\n".join(missed)
