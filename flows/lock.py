"""One refresh at a time: an advisory lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import CostwattError


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the refresh lock.

    Raises:
        CostwattError: another refresh runs; names its process and since when.
    """
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CostwattError(f"another refresh runs ({_holder(file.read())}); wait for it, or stop it") from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}))
        file.flush()
        yield


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
    except ValueError:
        return "not named"
    return f"process {held['pid']}, since {held['since']}"
