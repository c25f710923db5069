"""``make faults``: every fault over the real fakes; prints a table, exits 1 where one does not hold.

python -m tests.faults [--kills 100] [--only waves|machine|networks|kills]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from tests.faults.breaking import World
from tests.faults.home import Place
from tests.faults.kills import STAGES, run_kills
from tests.faults.machine import run_dead_networks, run_machine_faults
from tests.faults.outcome import Outcome, show
from tests.faults.waves import REGIONS, run_waves


def shared_out(kills: int) -> Mapping[str, int]:
    """The kills by stage: equal shares in the late stages, whose nights are long; the rest in the fetch."""
    share = max(1, kills * 15 // 100)
    return dict.fromkeys(STAGES, share) | {"load": 2 * share, "fetch": max(1, kills - 4 * share)}


def run_machine(folder: Path) -> Iterator[Outcome]:
    with World().server as server:
        place = Place(folder / "machine", server.settings() | REGIONS)  # each night has a Prefect server of its own
        done = place.run("refresh")
        yield Outcome("a night without faults", "exit 0", f"exit {done.returncode}", held=not done.returncode)
        yield from run_machine_faults(place, folder)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--only", choices=("waves", "machine", "networks", "kills"))
    given = parser.parse_args()
    groups: dict[str, Callable[[Path], Iterator[Outcome]]] = {
        "waves": run_waves,
        "machine": run_machine,
        "networks": run_dead_networks,
        "kills": lambda folder: run_kills(folder, shared_out(given.kills)),
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
