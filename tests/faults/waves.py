"""Nights with broken sources: a good night, then for each wave a broken one and the one that heals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.home import Place, prefect_server
from tests.faults.outcome import Outcome
from tests.faults.source_faults import WAVES, Fault, inject

SECRETS = {"COSTWATT_EIA_API_KEY": "a-key", "COSTWATT_ENTSOE_TOKEN": "a-token", "COSTWATT_OPENEI_API_KEY": "a-key"}
REGIONS = {"COSTWATT_AWS_REGIONS": "us-east-1,us-west-2,eu-central-1,eu-west-1"}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "AKIAFAKEFAKEFAKEFAKE", "AWS_SECRET_ACCESS_KEY": "fake"}


def run_waves(folder: Path, names: Sequence[str] = tuple(WAVES)) -> Iterator[Outcome]:
    """Break and heal, wave by wave; every night has a date of its own."""
    world = World()
    home = folder / "waves"
    nights = (datetime.now(UTC).date() - timedelta(days=days) for days in range(2 * len(names), -1, -1))
    with world.server, prefect_server(home) as prefect:
        place = Place(home, prefect | world.settings() | SECRETS | REGIONS | CREDENTIALS)
        yield _good("a night without faults", place, world, next(nights))
        good = place.figures()
        for name in names:
            with ExitStack() as stack:
                inject(world, WAVES[name], folder, stack)
                broken = Place(home, place.env | world.env)
                yield from _broken(name, broken, world, next(nights), WAVES[name])
            world.heal()
            yield _good(f"the night after {name} faults", place, world, next(nights), good)


def _good(what: str, place: Place, world: World, day: date, good: dict[str, str] | None = None) -> Outcome:
    world.new_version(_version(day))
    done = place.refresh(day)
    if done.returncode:
        return Outcome(what, "exit 0", f"exit {done.returncode}: {done.stderr[-300:]}", held=False)
    found = place.figures()
    differing = [n for n in found if good and found[n] != good[n]]
    run = place.published_run()
    expected = "exit 0, all figures as before" if good else "exit 0"
    return Outcome(what, expected, f"exit 0, run {run}, differing: {differing or 'none'}", held=not differing)


def _broken(wave: str, place: Place, world: World, day: date, faults: Sequence[Fault]) -> Iterator[Outcome]:
    before = place.rows("select source, count(*) from instance_price_current group by all order by all")
    world.new_version(_version(day))
    done = place.refresh(day)
    what, expected = f"a night with {wave} faults", "exit 0, dated, whole, no price lost"
    if done.returncode:
        yield Outcome(what, expected, f"exit {done.returncode}: {done.stderr[-300:]}", held=False)
        return
    after = dict(place.rows("select source, count(*) from instance_price_current group by all"))
    lost = [f"{source} {count} -> {after.get(source, 0)}" for source, count in before if after.get(source, 0) < count]
    ((dated,),) = place.rows("select max(cost_date) from daily_cost")
    run = place.published_run()
    seen = f"exit 0, {dated}, run {run}, lost: {lost or 'none'}"
    yield Outcome(what, expected, seen, held=dated == day and not lost and "Traceback" not in done.stderr)
    for fault in faults:
        yield _told(place, fault)


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


def _version(day: date) -> int:
    return int(f"{day:%m%d}000000")
