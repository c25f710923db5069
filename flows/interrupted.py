"""What a killed night leaves: parts that are whole and may be kept, and files that nobody will finish."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from connectors.registry import CONNECTORS
from flows.home import Home
from flows.landing import FAILED, is_whole, write_failure
from flows.progress import say

RESUME_SECONDS = 3600
MARK = ".unfinished"
CUT = "its answer of earlier tonight was cut off on disk, and is asked for again"


@contextmanager
def attempt(night: Path) -> Iterator[str]:
    """Name of this try of a night: a night killed within the last hour goes on under its old name.

    Prefect's cache keys hold the name, so the parts that a killed night had pulled are not asked for
    again. A night that ends, well or badly, takes its name along: the next one asks anew.

    Args:
        night: landing folder of the night.
    """
    mark = night / MARK
    night.mkdir(parents=True, exist_ok=True)
    if not mark.exists() or time.time() - mark.stat().st_mtime > RESUME_SECONDS or not mark.read_text():
        mark.write_text(uuid4().hex)
    try:
        yield mark.read_text()
    finally:
        mark.unlink(missing_ok=True)


def drop_cut(night: Path) -> tuple[str, ...]:
    """Make failed ones of the parts that a power cut left unreadable, and say so; the sources to ask again.

    A killed night that goes on would take such a part for pulled, so it goes on no more.
    """
    cut = [(c, part) for c in CONNECTORS for part in sorted(night.glob(f"{c.name}/parts/*")) if not is_whole(part)]
    for connector, part in cut:
        (night / MARK).unlink(missing_ok=True)
        shutil.rmtree(part)
        write_failure(part, connector.name, connector.record[0], part.name, FAILED, CUT)
        say(f"{connector.name} {part.name}: {CUT}")
    return tuple({connector.name: None for connector, _ in cut})


def sweep(home: Home) -> None:
    """Delete what killed nights left half made; the refresh lock is held, so nobody is at work on it."""
    for run in home.runs.iterdir():
        if run.is_dir() and not (run / "manifest.json").exists() and run != home.published.resolve():
            shutil.rmtree(run, ignore_errors=True)
    for link in home.root.glob(".published.*"):
        link.unlink(missing_ok=True)
    for left in home.landing.glob("*/*/parts/*.new"):
        shutil.rmtree(left, ignore_errors=True)
