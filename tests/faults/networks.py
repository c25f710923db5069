"""A network that is not there: whole nights against the public addresses, 10 s in all for their fetch."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.faults.home import ROOT, Place
from tests.faults.namespaces import namespaced
from tests.faults.outcome import Outcome

FETCH_LIMIT_SECONDS = 10
# a route into loopback: packets for addresses that are not its own vanish there
DROPPED = "ip addr add 10.9.9.1/32 dev lo && ip route add default dev lo src 10.9.9.1"
RESOLVER = "echo nameserver 10.9.9.2 > {folder}/resolv.conf && mount --bind {folder}/resolv.conf /etc/resolv.conf"
HOSTS = "mount --bind {folder}/hosts /etc/hosts"


def run_dead_networks(folder: Path) -> Iterator[Outcome]:
    """The public addresses behind a network that refuses, that drops, and whose resolver is mute: 10 s in all."""
    names = re.findall(r"https://([^/\"]+)", _sources())
    (folder / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"10.9.8.7 {n}\n" for n in sorted(set(names))))
    cases: dict[str, str] = {
        "refused: no route at all": "true",
        "packets dropped": f"{DROPPED} && {HOSTS}",
        "mute resolver": f"{DROPPED} && {RESOLVER}",
    }
    for what, script in cases.items():
        home = folder / what.split(":")[0].replace(" ", "-")
        done = namespaced(Place(home, {}), folder, script, "refresh")
        yield _dead(what, home, done)


def _sources() -> str:
    return "".join(p.read_text() for p in sorted((ROOT / "connectors").glob("*.py")))


def _dead(what: str, home: Path, done: subprocess.CompletedProcess[str] | None) -> Outcome:
    expected = f"exit 0, fetch within {FETCH_LIMIT_SECONDS} s"
    if done is None:
        return Outcome(what, expected, "this machine allows no namespace: not run", held=True)
    if done.returncode:
        return Outcome(what, expected, f"exit {done.returncode}: {done.stderr[-200:]}", held=False)
    ((seconds,),) = Place(home, {}).rows("select duration_s from run where stage = 'fetch'")
    return Outcome(what, expected, f"exit 0, fetch {seconds} s", held=float(str(seconds)) <= FETCH_LIMIT_SECONDS)
