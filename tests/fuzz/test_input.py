"""What people write: costwatt.toml and the environment. Wrong input is one line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import UsageError
from flows.settings import Settings, load_settings

EXAMPLE = (Path(__file__).parents[2] / "costwatt.example.toml").read_text()
DOTENV = (Path(__file__).parents[2] / ".env.example").read_text().replace("# COSTWATT_", "COSTWATT_")
FUZZ = settings(
    max_examples=60,
    deadline=5000,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
KEYS = st.sampled_from(
    [
        *Settings.model_fields,
        "scenarios.x",
        "alerts.stale_days",
        "assumptions.pue",
        "gate_exceptions",
        "no_such_setting",
    ]
)
VALUES = st.one_of(
    st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.sampled_from(["true", "false"]),
    st.text(max_size=30).map(json.dumps),
    st.sampled_from(["9" * 5000, f"0x{'f' * 5000}", "[" * 3000, "[" * 200 + "]" * 200]),
    st.lists(st.integers(), max_size=2), st.just('{model = "x"}'), st.just("[[1], [2]]"), st.just("1979-05-27"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("COSTWATT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path / "home"))


def _loads() -> None:
    """Settings, or one line; any other exception fails the test."""
    line = ""
    try:
        load_settings()
    except UsageError as error:
        line = str(error)
    assert len(line) < 1000
    assert "Traceback" not in line


@FUZZ
@given(key=KEYS, value=VALUES)
def test_any_value_under_any_name_is_settings_or_one_line(key: str, value: Any) -> None:
    Path("costwatt.toml").write_text(f"{key} = {value}\n")
    _loads()


@FUZZ
@given(at=st.integers(0, len(EXAMPLE)), new=st.binary(min_size=1, max_size=20))
def test_a_damaged_file_is_settings_or_one_line(at: int, new: bytes) -> None:
    text = EXAMPLE.encode()
    Path("costwatt.toml").write_bytes(text[:at] + new + text[at + len(new) :])
    _loads()


@FUZZ
@given(at=st.integers(0, len(DOTENV)), new=st.binary(min_size=1, max_size=20))
def test_a_damaged_env_file_is_settings_or_one_line(at: int, new: bytes) -> None:
    text = DOTENV.encode()
    Path(".env").write_bytes(text[:at] + new + text[at + len(new) :])
    _loads()


@pytest.mark.parametrize("value", ["[" * 200_000, '{"stale_days": ' + "7" * 5000 + "}"])
def test_any_json_of_the_environment_is_one_line(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTWATT_ALERTS", value)
    with pytest.raises(UsageError, match="settings cannot be read"):
        load_settings()


@FUZZ
@given(
    name=st.sampled_from(sorted(Settings.model_fields)),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40),
)
def test_any_environment_is_settings_or_one_line(name: str, value: str) -> None:
    before = dict(os.environ)
    os.environ[f"COSTWATT_{name.upper()}"] = value
    try:
        _loads()
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_a_misspelt_key_is_refused_by_name() -> None:
    Path("costwatt.toml").write_text('aws_region = "us-east-1"\n')
    with pytest.raises(UsageError, match="no setting is called 'aws_region'"):
        load_settings()
