"""Where the benchmarks keep what is dear to make: files of real size, and the peers' own environment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PEERS = HERE / "peers.txt"


def home() -> Path:
    """The folder of COSTWATT_BENCH_HOME, else one in the user's cache; may be deleted at any time."""
    given = os.environ.get("COSTWATT_BENCH_HOME", "~/.cache/costwatt-bench")
    folder = Path(given).expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def made(path: Path, make: Callable[[Path], object]) -> Path:
    """`path`, made first if it is not there; a run that is killed leaves no half of it."""
    if not path.exists():
        new = path.with_name(f"new.{path.name}")
        make(new)
        new.replace(path)
    return path


def peers_python() -> Path:
    """Python of an environment that holds the peers and nothing of ours."""
    venv = home() / "peers"
    python, stamp = venv / "bin" / "python", venv / "peers.txt"
    if not stamp.exists() or stamp.read_text() != PEERS.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", venv], check=True)
        pip = [python, "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        subprocess.run([*pip, "-r", PEERS], check=True)
        stamp.write_text(PEERS.read_text())
    return python


def clean_environment() -> dict[str, str]:
    """The environment without what a person has set for costwatt, its clouds or Prefect."""
    ours = ("COSTWATT_", "AWS_", "AZURE_", "PREFECT_")
    return {k: v for k, v in os.environ.items() if not k.startswith(ours)} | {"PYTHONPATH": str(ROOT)}
