"""Measure speed, memory and size, and write docs/benchmarks.md with the raw run beside it.

python -m tests.bench [--only ec2,store,fetch,night,model,growth,today] [--runs 5]     measures those parts anew
python -m tests.bench --render                                                  writes the page again
"""

from __future__ import annotations

import argparse
import json
import platform
import signal
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from os import cpu_count, getloadavg
from pathlib import Path

from tests.bench import ec2, fetch, growth, model, night, store, today
from tests.bench.measure import MEGABYTE, Raw
from tests.bench.page import page
from tests.bench.places import PEERS, ROOT

PARTS = {"ec2": ec2, "store": store, "fetch": fetch, "night": night, "model": model, "growth": growth, "today": today}
RAW, PAGE = ROOT / "docs" / "benchmarks.json", ROOT / "docs" / "benchmarks.md"
LIBRARIES = ("duckdb", "numpy", "pyarrow", "prefect", "dbt-core", "dbt-duckdb")


def circumstances() -> Raw:
    """When, on what machine and with which versions a part was measured."""
    return {
        "at": datetime.now(UTC).isoformat(timespec="minutes"),
        "load_before": round(getloadavg()[0], 2),
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": processor(),
            "cores": cpu_count(),
            "memory_gb": memory_gb(),
        },
        "versions": {"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        "peers": dict(line.split("==") for line in PEERS.read_text().splitlines() if line and not line.startswith("#")),
    }


def processor() -> str:
    """Name of the processor; Linux."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


def memory_gb() -> float | None:
    """Memory of the machine; Linux."""
    info = Path("/proc/meminfo")
    return round(int(info.read_text().split()[1]) * 1024 / MEGABYTE / 1000, 1) if info.exists() else None


def measured() -> Raw:
    """What is known so far, by part."""
    return json.loads(RAW.read_text()) if RAW.exists() else {}


def main() -> None:
    """Measure the parts asked for, and render all that were ever measured."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), help="parts, comma-separated")
    parser.add_argument("--runs", type=int, default=5, help="runs behind each median")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    given = parser.parse_args()
    names = [] if given.render else given.only.split(",")
    if unknown := set(names) - set(PARTS):
        parser.error(f"--only {unknown.pop()}: one of {', '.join(PARTS)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that what it started ends with it
    for name in names:
        sys.stderr.write(f"{name}\n")
        told = circumstances()
        figures = PARTS[name].measure(given.runs)
        raw = measured() | {name: told | {"figures": figures}}
        RAW.write_text(json.dumps({part: raw[part] for part in PARTS if part in raw}, indent=1) + "\n")
    raw = measured()
    PAGE.write_text(page({part: (PARTS[part], raw[part]) for part in PARTS if part in raw}))


if __name__ == "__main__":
    main()
