"""What every peer's process prints: seconds of the work without imports, and the process's greatest memory."""

import contextlib
import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def _peak_bytes() -> int:
    """As tests/bench/measure.py counts it for our own processes."""
    status = Path("/proc/self/status")
    if status.exists():
        fields = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
        return int(fields["VmHWM"].split()[0]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@contextlib.contextmanager
def told() -> Iterator[dict[str, Any]]:
    """Time the block; print its result with seconds and peak_mb as the last line of stdout."""
    result: dict[str, Any] = {}
    start = time.perf_counter()
    yield result
    result["seconds"] = time.perf_counter() - start
    result["peak_mb"] = _peak_bytes() / 1e6
    sys.stdout.write(json.dumps(result) + "\n")
