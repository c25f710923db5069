"""What a killed night leaves: parts that are whole and may be kept, and files that nobody will finish."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from flows.home import Home

RESUME_SECONDS = 3600


@contextmanager
def attempt(night: Path) -> Iterator[str]:
    """Name of this try of a night: a night killed within the last hour goes on under its old name.

    Prefect's cache keys hold the name, so the parts that a killed night had pulled are not asked for
    again. A night that ends, well or badly, takes its name along: the next one asks anew.

    Args:
        night: landing folder of the night.
    """
    mark = night / ".unfinished"
    night.mkdir(parents=True, exist_ok=True)
    if not mark.exists() or time.time() - mark.stat().st_mtime > RESUME_SECONDS or not mark.read_text():
        mark.write_text(uuid4().hex)
    try:
        yield mark.read_text()
    finally:
        mark.unlink(missing_ok=True)


def sweep(home: Home) -> None:
    """Delete what killed nights left half made; the refresh lock is held, so nobody is at work on it."""
    for run in home.runs.iterdir():
        if run.is_dir() and not (run / "manifest.json").exists() and run != home.published.resolve():
            shutil.rmtree(run, ignore_errors=True)
    for link in home.root.glob(".published.*"):
        link.unlink(missing_ok=True)
    for left in home.landing.glob("*/*/parts/*.new"):
        shutil.rmtree(left, ignore_errors=True)
