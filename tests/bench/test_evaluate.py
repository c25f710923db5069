"""A million rows with their intervals: time on two cores, and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytestmark = pytest.mark.bench


def test_a_million_rows_take_two_minutes_and_two_gigabytes_at_most() -> None:
    command = [sys.executable, "-m", "tests.bench.evaluate_rows", "1000000", "2"]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures = json.loads(done.stdout)
    assert figures["draws"] >= 256
    assert figures["seconds"] < 120
    assert figures["peak_gb"] < 2
