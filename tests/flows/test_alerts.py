"""Alerts: which nights raise one, and where it goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from flows import alerts
from flows.alerts import MOVED, SILENT, STALE, Alert
from flows.config_tables import Alerts
from tests.fakes.server import Fake, Reply, Request, Server

CANARY = "/services/T0/B0/canary-in-the-address"


def _night(
    path: Path,
    usd_per_day: str,
    ages: dict[str, int | None],
    day: str = "2026-11-21",
    by_discount_usd: str | None = None,
) -> Path:
    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table scenario_daily as select 'chat' as scenario_id, 'aws/x/p5/spot' as option_id,"
            " ?::decimal(18, 4) as usd_per_day, ?::date as cost_date",
            [Decimal(usd_per_day), day],
        )
        con.execute(
            "create table cost_change as select 'chat' as scenario_id, 'aws/x/p5/spot' as option_id,"
            " ?::decimal(18, 4) as by_discount_usd",
            [by_discount_usd],
        )
        con.execute("create table source_status (source varchar, status varchar, age_days integer, message varchar)")
        for source, age in ages.items():
            con.execute("insert into source_status values (?, 'failed', ?, '')", [source, age])
        con.execute("insert into source_status values ('needs_a_key', 'skipped', null, '')")
    return path


@pytest.mark.parametrize(
    ("old", "new", "alerted"),
    [
        ("100", "110.00", False),
        ("100", "110.01", True),
        ("100", "89.99", True),
        ("100", "90", False),
        ("0", "5", False),
    ],
)
def test_a_best_price_moves_beyond_the_threshold(tmp_path: Path, old: str, new: str, alerted: bool) -> None:
    before, now = _night(tmp_path / "before", old, {}, "2026-11-20"), _night(tmp_path / "now", new, {})
    found = alerts.find(now, before, Alerts(price_move_ratio=0.10))
    assert [a.kind for a in found] == ([MOVED] if alerted else [])
    assert all("aws/x/p5/spot" in a.message and a.subject == "chat" for a in found)


@pytest.mark.parametrize("damaged", [b"", b"no database", None])
def test_a_night_before_that_cannot_be_read_stops_no_night(
    tmp_path: Path, damaged: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    before, now = _night(tmp_path / "before", "100", {}), _night(tmp_path / "now", "200", {"ecb_rates": 9})
    before.write_bytes(before.read_bytes()[:20_000] if damaged is None else damaged)
    assert [a.kind for a in alerts.find(now, before, Alerts())] == [STALE]
    assert capsys.readouterr().err.startswith("no price is compared with that of the night before: ")


def test_a_message_says_from_what_to_what(tmp_path: Path) -> None:
    before, now = _night(tmp_path / "before", "100", {}, "2026-11-20"), _night(tmp_path / "now", "150", {})
    (alert,) = alerts.find(now, before, Alerts())
    assert alert.message == (
        "chat: 100.00 (aws/x/p5/spot, 2026-11-20) -> 150.00 USD/day (aws/x/p5/spot, 2026-11-21), +50.0%"
    )


def test_a_move_that_a_changed_discount_made_is_told_as_such(tmp_path: Path) -> None:
    before, now = _night(tmp_path / "before", "100", {}), _night(tmp_path / "now", "80", {}, by_discount_usd="-25.5")
    (alert,) = alerts.find(now, before, Alerts())
    assert alert.message.endswith(", -20.0%; a changed discount moved aws/x/p5/spot by -25.50")
    unmoved = _night(tmp_path / "unmoved", "80", {}, by_discount_usd="0")
    (alert,) = alerts.find(unmoved, before, Alerts())
    assert alert.message.endswith(", -20.0%")


def test_a_source_is_stale_after_so_many_days(tmp_path: Path) -> None:
    now = _night(tmp_path / "now", "100", {"fresh": 0, "limit": 3, "old": 4, "never": None})
    assert alerts.find(now, None, Alerts(stale_days=3)) == [
        Alert(SILENT, "never", "never: never answered yet"),
        Alert(STALE, "old", "old: no whole answer for 4 days"),
    ]


def test_what_is_written_is_read_again_and_stands_in_the_nights_table(tmp_path: Path) -> None:
    told = [Alert(STALE, "x", "x: no whole answer for 4 days")]
    looked_at = (date(2026, 11, 21), "stale_tariff", "IN", "static_tariffs, 2024, 700 days old")
    with duckdb.connect(str(tmp_path / "cost.duckdb")) as con:
        con.execute("create table alert (cost_date date, alert varchar, subject varchar, message varchar)")
        con.execute("insert into alert values (?, ?, ?, ?)", looked_at)
    alerts.write(tmp_path, told, date(2026, 11, 21))
    assert alerts.read(tmp_path) == told
    with duckdb.connect(str(tmp_path / "cost.duckdb"), read_only=True) as con:
        assert con.execute("from alert").fetchall() == [looked_at, (looked_at[0], STALE, "x", told[0].message)]


def test_an_alert_is_a_line_on_stdout_and_silence_one_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    alerts.tell([Alert(STALE, "old", "old: no whole answer for 4 days"), *(Alert(SILENT, s, "") for s in "ab")])
    out, err = capsys.readouterr()
    assert out == "alert: old: no whole answer for 4 days\n"
    assert err == "alert: 2 sources never answered yet: a, b\n"


@pytest.fixture
def chat() -> Iterator[tuple[Server, list[bytes]]]:
    posted: list[bytes] = []

    def answer(request: Request) -> Reply:
        posted.append(request.body)
        return Reply(status=404) if "gone" in request.path else Reply()

    with Server([Fake("chat", answer)]) as server:
        yield server, posted


def test_a_webhook_gets_text_and_facts(chat: tuple[Server, list[bytes]]) -> None:
    server, posted = chat
    alerts.send([Alert(STALE, "x", "x: no whole answer for 4 days")], server.url("chat") + CANARY)
    (body,) = posted
    assert json.loads(body) == {
        "text": "costwatt\nx: no whole answer for 4 days",
        "alerts": [{"kind": "source_stale", "subject": "x", "message": "x: no whole answer for 4 days"}],
    }


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://chat.example" + CANARY, "only https"),
        ("http://127.0.0.1:9" + CANARY, "not sent (ConnectionError)"),
        ("{server}/gone" + CANARY, "HTTP 404"),
        ("https://chat.example:99999" + CANARY, "not sent (ValueError)"),
        ("https://[::1" + CANARY, "not sent (ValueError)"),
        ("https://" + "x" * 70 + ".example" + CANARY, "not sent"),
    ],
)
def test_a_webhook_that_fails_is_one_line_without_its_secret(
    chat: tuple[Server, list[bytes]], capsys: pytest.CaptureFixture[str], address: str, told: str
) -> None:
    alerts.send([Alert(STALE, "x", "m")], address.format(server=chat[0].url("chat")))
    said = capsys.readouterr().err
    assert told in said
    assert "canary" not in said
