"""Every parser on spoiled answers: a whole partition, or one line that says what is wrong; never anything else."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from connectors.ask import Connector
from connectors.errors import ConnectorError
from connectors.registry import CONNECTORS
from flows import sources
from flows.settings import load_settings
from tests.fakes.__main__ import all_fakes
from tests.fuzz.mangling import BASE, MangledWeb, spoiled

FAKES = {f.name: f for f in all_fakes()}
ADDRESSES = {key: f"{BASE}/{f.name}{path}" for f in FAKES.values() for key, path in f.settings.items()}
KEYS = {"eia_api_key": "a-key", "entsoe_token": "a-token", "openei_api_key": "a-key"}
ASKED = [c for c in CONNECTORS if c.setting]
MEMORY_MAX_BYTES = 400 << 20
FUZZ = settings(
    max_examples=12,
    deadline=20_000,  # [ms]: a hang
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@FUZZ
@given(mangle=spoiled())
@pytest.mark.parametrize("connector", ASKED, ids=lambda c: c.name)
def test_a_spoiled_answer_is_a_partition_or_one_line(
    connector: Connector, mangle: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    found = _pull(connector, mangle, tmp_path)
    assert all("\n" not in line and len(line) <= 500 for line in found)


def test_unspoiled_answers_are_taken(tmp_path: Path) -> None:
    silent = {c.name for c in ASKED if _pull(c, bytes, tmp_path)}
    assert silent <= {"aws_services"}, "the fuzz would only test the refusal of every answer"


def test_memory_stays_bounded_on_an_answer_of_nonsense(tmp_path: Path) -> None:
    tracemalloc.start()
    for connector in ASKED:
        _pull(connector, lambda _: b"[" * 1_000_000, tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < MEMORY_MAX_BYTES


def _pull(connector: Connector, mangle: Callable[[bytes], bytes], folder: Path) -> list[str]:
    """Pull every part of a source; the messages of those that failed."""
    given = {k.removeprefix("COSTWATT_").lower(): v for k, v in ADDRESSES.items() if k.startswith("COSTWATT_")}
    setting = load_settings(home=folder, aws_regions="us-east-1", **given, **KEYS)
    setting.paths.make()
    night = sources.Night(date(2026, 11, 20), setting, MangledWeb(fakes=FAKES, mangle=mangle))
    failed = []
    for region in sources.plan(night, connector)[:2]:
        try:
            sources.pull(night, connector, region)
        except ConnectorError as error:
            failed.append(str(error))
    return failed
