"""A whole regional file: time against a bare pass over the same columns, and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.ec2_offer import write

pytestmark = pytest.mark.bench


def measured(*command: str) -> dict[str, Any]:
    """Seconds, peak memory and rows of a module that runs alone in a process."""
    done = subprocess.run([sys.executable, "-m", *command], check=True, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_full_region_costs_little_more_than_reading_it(tmp_path: Path) -> None:
    file = tmp_path / "offer.csv"
    assert write(file) == 497_400
    read = "tests.bench.ec2_read"
    pairs = [(measured(read, "bare", str(file)), measured(read, "full", str(file))) for _ in range(3)]
    bare, full = (min(run["seconds"] for run in runs) for runs in zip(*pairs, strict=True))
    assert full <= 1.5 * bare
    assert max(run["peak_mb"] for _, run in pairs) < 512
    assert pairs[0][1]["rows"] == 13 * 60  # one on-demand price and twelve terms of each accelerated type


def test_34_regions_need_no_more_memory_than_one(tmp_path: Path) -> None:
    file = tmp_path / "offer.csv"
    write(file, types=50)
    assert file.stat().st_size > 29e6
    one, world = (measured("tests.bench.aws_world_read", str(file), n) for n in ("1", "34"))
    assert world["rows"] == 34 * one["rows"]
    assert world["peak_mb"] <= 1.2 * one["peak_mb"]  # one region in DuckDB, three more in a socket's buffer
