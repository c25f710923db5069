"""``make faults``: every fault over the real fakes; prints a table, exits 1 where one does not hold.

python -m tests.faults [--kills 100] [--seed 9] [--only waves|machine|clocks|networks|kills]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.clocks import run_clock_changes
from tests.faults.home import Place, few_scenarios
from tests.faults.kills import STAGES, run_kills
from tests.faults.machine import run_machine_faults
from tests.faults.networks import run_dead_networks
from tests.faults.outcome import Outcome, show
from tests.faults.waves import REGIONS, run_waves


def shared_out(kills: int) -> Mapping[str, int]:
    """The kills by stage: equal shares, what is left over in the fetch."""
    share = max(1, kills // len(STAGES))
    return dict.fromkeys(STAGES, share) | {"fetch": max(1, kills - share * (len(STAGES) - 1))}


def run_machine(folder: Path) -> Iterator[Outcome]:
    with World().server as server:
        place = Place(
            folder / "machine", server.settings() | REGIONS | few_scenarios(folder / "few")
        )  # each night has a Prefect server of its own
        done = place.run("refresh")
        yield Outcome("a night without faults", "exit 0", f"exit {done.returncode}", held=not done.returncode)
        yield from run_machine_faults(place, folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--only", choices=("waves", "machine", "clocks", "networks", "kills"))
    given = parser.parse_args()
    groups: dict[str, Callable[[Path], Iterator[Outcome]]] = {
        "waves": run_waves,
        "machine": run_machine,
        "clocks": run_clock_changes,
        "networks": run_dead_networks,
        "kills": lambda folder: run_kills(folder, shared_out(given.kills), given.seed),
    }
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="costwatt-faults-") as folder:
        for name, run in groups.items():
            for outcome in run(Path(folder)) if given.only in (None, name) else ():
                outcomes.append(outcome)
                sys.stderr.write(f"{'held' if outcome.held else 'NOT HELD'}: {outcome.fault}: {outcome.seen}\n")
    show(outcomes)
    missed = [o for o in outcomes if not o.held]
    sys.stdout.write(f"{len(outcomes) - len(missed)} of {len(outcomes)} held\n")
    sys.exit(bool(missed))


if __name__ == "__main__":
    main()
