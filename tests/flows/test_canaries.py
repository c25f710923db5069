"""Secrets that sing: nothing that a night writes or prints may hold one, whatever its sources say back."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest

from connectors.errors import ConnectorError
from connectors.web import Web
from flows import sources
from flows.settings import load_settings
from tests.fakes.__main__ import all_fakes
from tests.fakes.server import Fake, Reply, Request, Server
from tests.flows.conftest import Night, command

SECRETS = {
    "COSTWATT_EIA_API_KEY": "canary-eia/7f3a+",
    "COSTWATT_ENTSOE_TOKEN": "canary-entsoe-91bc",
    "COSTWATT_OPENEI_API_KEY": "canary-openei-d04e",
    "AWS_ACCESS_KEY_ID": "AKIACANARY0000000001",
    "AWS_SECRET_ACCESS_KEY": "canary-aws-secret-55aa",
    "AWS_SESSION_TOKEN": "canary-aws-session-66bb",
}
WEBHOOK_CANARY = "canary-webhook-1234"
ECHOES = ("eia-api", "entsoe", "openei", "aws-ec2-api")


def _echo(request: Request) -> Reply:
    """Refuse, and say back all that was asked, as careless gateways do."""
    asked = f"forbidden: {request.path}?{dict(request.query)} {dict(request.headers)}"
    return Reply.of_text(asked, status=403)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """A night whose secrets are canaries; every source that gets one refuses and echoes it."""
    home = tmp_path_factory.mktemp("canaries")
    fakes = [replace(f, answer=_echo) if f.name in ECHOES else f for f in all_fakes()]
    with Server([*fakes, Fake("chat", lambda _: Reply(status=500))]) as server:
        webhook = {"COSTWATT_ALERT_WEBHOOK": f"{server.url('chat')}/{WEBHOOK_CANARY}", "COSTWATT_COST_DRAWS": "256"}
        env = server.settings() | SECRETS | webhook | {"COSTWATT_HOME": str(home)}
        yield Night(home, env, command("refresh", env=env))


def _sung(text: bytes) -> list[str]:
    canaries = [*SECRETS.values(), *(quote(s, safe="") for s in SECRETS.values()), WEBHOOK_CANARY]
    return [c for c in canaries if c.encode() in text]


@pytest.mark.night
def test_the_sources_were_asked_and_refused(night: Night) -> None:
    assert night.first.returncode == 0, night.first.stderr[-2000:]
    rows = night.rows("select source from source_status where message like '%forbidden%' order by 1")
    assert {"eia_api_tariffs", "entsoe_wholesale"} <= {source for (source,) in rows}
    assert "alert webhook 127.0.0.1: answered HTTP 500" in night.first.stderr


@pytest.mark.night
def test_no_canary_is_printed(night: Night) -> None:
    assert _sung((night.first.stdout + night.first.stderr).encode()) == []


@pytest.mark.night
def test_no_canary_lies_in_any_file(night: Night) -> None:
    files = [p for p in night.home.rglob("*") if p.is_file()]
    names = {p.name for p in files}
    assert {"prefect.db", "warehouse.duckdb", "cost.duckdb", "manifest.json", "dbt.log"} <= names
    singing = {str(p.relative_to(night.home)): _sung(_content(p)) for p in files}
    assert {name: found for name, found in singing.items() if found} == {}


@pytest.mark.night
def test_no_canary_stands_in_any_published_text(night: Night) -> None:
    with night.connect() as con:
        columns = con.execute(
            "select table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR'"
        ).fetchall()
        for table, column in columns:
            found = con.execute(f'select count(*) from "{table}" where "{column}" ilike \'%canary%\'').fetchone()
            assert found == (0,), f"{table}.{column}"


@pytest.mark.night
def test_only_what_is_published_can_be_read_by_others(night: Night) -> None:
    open_to_others = {
        str(p.relative_to(night.home)): oct(p.stat().st_mode & 0o777)
        for p in night.home.rglob("*")
        if not p.is_symlink() and p.stat().st_mode & 0o077
    }
    assert {mode for path, mode in open_to_others.items() if (night.home / path).is_dir()} == {"0o755"}
    assert {mode for path, mode in open_to_others.items() if (night.home / path).is_file()} == {"0o644"}
    assert {Path(path).parts[0] for path in open_to_others} == {".published"}


def _content(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_a_key_in_an_address_is_not_told(tmp_path: Path) -> None:
    with Server([Fake("openei", _echo)]) as server:
        site = {"urdb": "label", "tariff_zone": "US-CA", "peak_kw": 100}
        key = SECRETS["COSTWATT_OPENEI_API_KEY"]
        settings = load_settings(home=tmp_path, openei_url=server.url("openei"), openei_api_key=key, site=[site])
        settings.paths.make()
        (openei,) = sources.chosen(["openei_tariffs"])
        with pytest.raises(ConnectorError, match="forbidden") as refused:
            sources.pull(sources.Night(date(2026, 11, 20), settings, Web()), openei, "label")
    assert _sung(str(refused.value).encode()) == []
    assert [p for p in tmp_path.rglob("*") if p.is_file() and _sung(p.read_bytes())] == []


def test_a_setting_that_is_wrong_does_not_show_its_secret(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "costwatt.toml").write_text('eia_api_key = ["canary-eia"]\n')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match="eia_api_key") as wrong:
        load_settings()
    assert "canary" not in str(wrong.value)


def test_settings_hide_their_secrets_in_any_spelling(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_EIA_API_KEY", "a/b+c")
    settings = load_settings()
    assert settings.hide("?api_key=a%2Fb%2Bc or a/b+c") == "?api_key=*** or ***"
    assert "a/b+c" not in repr(settings)
    assert "a/b+c" not in str(settings.model_dump())
