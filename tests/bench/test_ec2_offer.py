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


def measured(task: str, file: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.ec2_read", task, str(file)], check=True, capture_output=True, text=True
    )
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_full_region_costs_little_more_than_reading_it(tmp_path: Path) -> None:
    assert write(tmp_path / "offer.csv") == 497_400
    pairs = [(measured("bare", tmp_path / "offer.csv"), measured("full", tmp_path / "offer.csv")) for _ in range(3)]
    bare, full = (min(run["seconds"] for run in runs) for runs in zip(*pairs, strict=True))
    assert full <= 1.5 * bare
    assert max(run["peak_mb"] for _, run in pairs) < 512
    assert pairs[0][1]["rows"] == 13 * 60  # one on-demand price and twelve terms of each accelerated type
