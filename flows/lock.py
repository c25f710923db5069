"""One refresh at a time: an advisory lock that the kernel gives back when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from connectors.errors import CostwattError, UsageError

_held: set[Path] = set()  # by this process: the flow enters inside the command that already holds the lock


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the refresh lock; the process that holds it may enter again.

    The kernel frees the lock with its holder, so the file of a dead refresh stops nobody.

    Raises:
        CostwattError: another refresh runs; names its process and since when.
        UsageError: the lock file cannot be written.
    """
    if path in _held:
        yield
        return
    try:
        file = path.open("a+")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be written ({error.strerror}); set COSTWATT_HOME to a folder of yours"
        ) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise CostwattError(f"another refresh runs ({_holder(file.read())}); wait for it, or stop it") from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "since": datetime.now(UTC).isoformat(timespec="seconds")}))
        file.flush()
        _held.add(path)
        try:
            yield
        finally:
            _held.discard(path)


def _holder(text: str) -> str:
    try:
        held = json.loads(text)
        return f"process {held['pid']}, since {held['since']}"
    except (ValueError, TypeError, KeyError):
        return "not named"
