"""What a person waits for: `costwatt today` in a new process, its imports, and the environment it needs."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.measure import MEGABYTE, Limit, Raw, Table, in_turn, run, spreads
from tests.bench.places import ROOT, clean_environment, home

TITLE = "The command and its environment"
LOCK = ROOT / "requirements.lock"
TODAY, BEFORE = "costwatt today", "costwatt today, before the first night"
BARE = "python, nothing imported"
IMPORTS = (
    "flows.cli",
    "connectors.registry",
    "costmodel.evaluate",
    "flows.nightly",
    "duckdb",
    "prefect",
    "dbt.cli.main",
)
TODAY_S = 1
LARGEST = 10


def measure(runs: int) -> Raw:
    """Each in turn, in processes of the environment of requirements.lock and nothing else."""
    python, log = locked_python(), home() / "today.log"
    night = home() / "night" / "home"

    def started(*arguments: str, folder: Path = night) -> Callable[[], Raw]:
        env = clean_environment() | {"COSTWATT_HOME": str(folder), "COSTWATT_OFFLINE": "1"}

        def work() -> Raw:
            done = run([python, *arguments], log, env=env)
            return {"seconds": done.seconds, "cpu_s": done.cpu_s}

        return work

    with tempfile.TemporaryDirectory(dir=home()) as empty:
        works = {BARE: started("-c", "pass"), BEFORE: started("-m", "flows", "today", folder=Path(empty))}
        if (night / "published").exists():
            works[TODAY] = started("-m", "flows", "today")
        works |= {f"import {name}": started("-c", f"import {name}") for name in IMPORTS}
        found = in_turn(works, runs)
    packages = package_sizes(python)
    return {
        "commands": {name: spreads(results) for name, results in found.items()},
        "environment_mb": sum(packages.values()),
        "packages": len(LOCK.read_text().split("==")) - 1,
        "largest_mb": dict(sorted(packages.items(), key=lambda item: -item[1])[:LARGEST]),
    }


def locked_python() -> Path:
    """Python of an environment that holds requirements.lock alone."""
    venv = home() / "locked"
    python, stamp = venv / "bin" / "python", venv / "requirements.lock"
    if not stamp.exists() or stamp.read_text() != LOCK.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, "--no-deps", "--require-hashes", "-r", LOCK], check=True)
        stamp.write_text(LOCK.read_text())
    return python


def package_sizes(python: Path) -> dict[str, float]:
    """MB of each folder of the environment's packages, compiled files included."""
    (packages,) = python.parents[1].glob("lib/python3*/site-packages")
    sizes: dict[str, float] = {}
    for path in packages.rglob("*"):
        if path.is_file() and not path.is_symlink():
            name = path.relative_to(packages).parts[0]
            sizes[name] = sizes.get(name, 0.0) + path.stat().st_size / MEGABYTE
    return {name: round(mb, 2) for name, mb in sizes.items()}


def limits(raw: Raw) -> Iterator[Limit]:
    """`today` in a second."""
    for name in (TODAY, BEFORE):
        if name in raw["commands"]:
            yield Limit(name, raw["commands"][name]["seconds"]["median"], TODAY_S, "s")


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    yield Table(
        "A new process each; `costwatt today` on the published night of production size.",
        ["process", "s", "s of processor"],
        [[f"`{name}`", r["seconds"], r["cpu_s"]] for name, r in raw["commands"].items()],
    )
    yield Table(
        f"The environment of `requirements.lock` ({raw['packages']} packages, some of them for other systems):"
        f" {raw['environment_mb']:.0f} MB. Its largest folders:",
        ["folder", "MB"],
        [[f"`{name}`", mb] for name, mb in raw["largest_mb"].items()],
    )
