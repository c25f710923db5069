"""What a source or a person wrote is told, never done: no escape sequence of theirs reaches the terminal."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.errors import SourceUnavailable
from connectors.web import Web
from flows import cli
from flows.nightly import pull_part
from flows.render import Format
from flows.settings import load_settings
from flows.show_today import show
from flows.sources import Night
from flows.today import Today
from tests.fakes.server import Fake, Reply, Server

STEERING = "\x1b]0;owned\x07\x1b[2J\x9b31mgone"
TOLD = r"\x1b]0;owned\x07\x1b[2J\x9b31mgone"


def test_the_page_of_an_error_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = Reply.of_text(STEERING, status=404)
    with Server([Fake("ecb", lambda _: gone)]) as server:
        monkeypatch.setenv("COSTWATT_ECB_URL", server.url("ecb"))
        night = Night(date(2026, 11, 21), load_settings(home=tmp_path), Web(retries=0))
        with pytest.raises(SourceUnavailable):
            pull_part.fn(night, "ecb_rates", "all", "one")
    err = capsys.readouterr().err
    assert err.startswith("ecb_rates all: failed. http://127.0.0.1:")
    assert err.endswith(f"HTTP 404 {TOLD}\n")


def test_what_was_typed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["costwatt", "today", "--scenario", STEERING])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert capsys.readouterr().err.startswith(f"costwatt: --scenario {TOLD}: no such scenario; one of ")


def test_the_name_of_the_best_option_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    amounts = dict.fromkeys(("usd_per_day", "usd_per_day_low", "usd_per_day_high", "list_usd_per_day"), Decimal(9))
    best = {"option_id": f"api/x/{STEERING}", **amounts}
    answer = Today("2026-11-21", best, {"tokens": Decimal(9)}, [], [], {}, negotiated=0, on_trust=0)
    show(answer, "chat", Format.table, currency="USD", rate=Decimal(1), baseline=False)
    assert f"  on api/x/{TOLD}; list prices, excluding tax\n" in capsys.readouterr().out
