"""Nights on which clocks change: a local day has 23 or 25 hours."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.home import Place, few_scenarios, prefect_server
from tests.faults.kills import SMALL
from tests.faults.outcome import Outcome
from tests.faults.waves import REGIONS, SECRETS

CLOCK_CHANGES = (date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1))  # Europe, Europe, America


def run_clock_changes(folder: Path) -> Iterator[Outcome]:
    """The nights on which clocks change in Europe and in America: every market has its price of that day."""
    only = f"{SMALL},energy_charts_wholesale,entsoe_wholesale,elexon_wholesale,aemo_wholesale,jepx_wholesale"
    with World().server as server, prefect_server(folder / "prefect-clock") as prefect:
        env = server.settings() | SECRETS | REGIONS | few_scenarios(folder / "clock")
        place = Place(folder / "clock" / "home", env).with_prefect(prefect)
        for day in CLOCK_CHANGES:
            done = place.refresh(day, "--only", only)
            yield _clock_change(place, day, done)


def _clock_change(place: Place, day: date, done: subprocess.CompletedProcess[str]) -> Outcome:
    what, expected = f"night of {day}, clocks change", "exit 0, every market complete with a price of the day"
    if done.returncode:
        return Outcome(what, expected, f"exit {done.returncode}: {done.stderr[-200:]}", held=False)
    odd = place.rows(
        "select source, region, status, quarantined_rows from source_status"
        " where source like '%wholesale' and (status <> 'complete' or quarantined_rows > 0) order by all"
    )
    ((priced,),) = place.rows(
        f"select count(distinct tariff_zone) from tariff_daily where kind = 'wholesale' and price_date = '{day}'"
    )
    return Outcome(what, expected, f"exit 0, {priced} markets, odd: {odd or 'none'}", held=not odd and priced > 20)
