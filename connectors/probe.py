"""Which hosts answer at all, found out at once: a dead network costs a run one time-out, not one per host."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable

from connectors.address import Place

PROBE_SECONDS = 4.0  # for all hosts together


def dead_places(places: Iterable[Place]) -> dict[Place, str]:
    """Try a connection to every place at once; return the dead ones and why.

    Takes at most PROBE_SECONDS whatever the number of places, a mute resolver included.
    """
    asked = set(places)
    found: dict[Place, str] = {}
    threads = [threading.Thread(target=_knock, args=(p, found), daemon=True) for p in asked]
    for t in threads:
        t.start()
    deadline = time.monotonic() + PROBE_SECONDS
    for t in threads:
        t.join(max(0.0, deadline - time.monotonic()))
    late = f"no connection within {PROBE_SECONDS:g} s"
    return {p: found.get(p, late) for p in asked if found.get(p, late)}


def _knock(place: Place, found: dict[Place, str]) -> None:
    try:
        socket.create_connection(place, timeout=PROBE_SECONDS - 1).close()
        found[place] = ""
    except OSError as error:
        found[place] = f"no connection: {error}"
