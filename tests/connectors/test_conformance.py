"""Every source keeps the house rules: one file, one line, a fake, a fixture or table, and a test."""

from __future__ import annotations

from pathlib import Path

import pytest

from connectors.ask import Connector
from connectors.records import RECORDS
from connectors.registry import CONNECTORS
from flows.settings import Settings
from tests.fakes.__main__ import all_fakes
from tests.fakes.server import Server

ROOT = Path(__file__).resolve().parent.parent.parent


def test_names_are_unique() -> None:
    names = [c.name for c in CONNECTORS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("source", CONNECTORS, ids=lambda c: c.name)
def test_a_source_is_one_file_named_like_it_with_a_test(source: Connector) -> None:
    assert (ROOT / "connectors" / f"{source.name}.py").exists()
    tests = "\n".join(f.read_text() for f in (ROOT / "tests" / "connectors").glob("test_*.py"))
    assert f"from connectors.{source.name} import" in tests


@pytest.mark.parametrize("source", CONNECTORS, ids=lambda c: c.name)
def test_a_source_says_its_terms_and_record(source: Connector) -> None:
    assert source.licence
    assert set(source.record) <= set(RECORDS)
    assert source.pull.__doc__ or source.pull


@pytest.mark.parametrize("source", [c for c in CONNECTORS if c.setting], ids=lambda c: c.name)
def test_a_source_on_the_network_has_an_https_address_and_a_setting(source: Connector) -> None:
    assert source.url.startswith("https://")
    assert source.setting.lower() in Settings.model_fields


@pytest.mark.parametrize("source", [c for c in CONNECTORS if c.setting], ids=lambda c: c.name)
def test_a_source_on_the_network_is_served_by_a_fake(source: Connector) -> None:
    with Server(all_fakes()) as server:
        assert f"COSTWATT_{source.setting}" in server.settings()


ASKED_BY_COMMANDS = {"HUGGINGFACE_URL"}  # asked when a person names a model, not every night


@pytest.mark.parametrize("setting", [n for n in Settings.model_fields if n.endswith("_url")])
def test_every_address_setting_belongs_to_a_source(setting: str) -> None:
    assert setting.upper() in {c.setting for c in CONNECTORS} | ASKED_BY_COMMANDS
