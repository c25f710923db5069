"""Published cases and measured points beside ours: what ``costwatt validate`` shows."""

from __future__ import annotations

from collections.abc import Iterator

from flows.published_cases import Check, parameter_counts, published_cases
from flows.serving_checks import (
    deepseek_day,
    latency_points,
    left_out_errors,
    throughput_shapes,
    unfitted_accelerators,
)
from flows.training_checks import training_runs

__all__ = ["Check", "checks"]


def checks() -> Iterator[Check]:
    """Give every check, published cases first."""
    yield from published_cases()
    yield from parameter_counts()
    yield from deepseek_day()
    yield from throughput_shapes()
    yield from latency_points()
    yield from left_out_errors()
    yield from unfitted_accelerators()
    yield from training_runs()
