"""Tables at their natural width; JSON that every reader takes."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from flows.render import Format, emit

HOSTILE = "\x1b[2Jp5"


def test_a_table_loses_nothing_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    names = [f"column_{i}" for i in range(62)]
    emit(names, [[f"value-{i}" for i in range(62)]], Format.table)
    header, row = capsys.readouterr().out.splitlines()
    assert header.replace("\x1b[1m", "").replace("\x1b[0m", "").split() == names
    assert row.split() == [f"value-{i}" for i in range(62)]


def test_a_table_aligns_numbers_right_wide_characters_and_lines_of_a_cell(capsys: pytest.CaptureFixture[str]) -> None:
    emit(
        ("place", "usd", "note"),
        [("東京", Decimal("1.5"), "a\nb"), ("x", 10, None), (HOSTILE, 2, ":smile:")],
        Format.table,
    )
    assert capsys.readouterr().out.splitlines() == [
        "place      usd  note",
        "東京       1.5  a",
        "                b",
        "x           10",
        "\\x1b[2Jp5    2  :smile:",
    ]


def test_a_thousand_wide_rows_take_no_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    began_s = time.process_time()
    emit([f"c{i}" for i in range(62)], [["onprem/DE/dgx-h100/owned"] * 62] * 1000, Format.table)
    assert time.process_time() - began_s < 10
    assert len(capsys.readouterr().out.splitlines()) == 1001


def test_json_holds_what_duckdb_can_give(capsys: pytest.CaptureFixture[str]) -> None:
    row = {
        "amounts": [Decimal("1.5"), None],
        "struct": {"day": date(2026, 11, 22), "at": datetime(2026, 11, 22, tzinfo=UTC)},
        "interval": timedelta(days=1),
        "blob": b"\x00\xff",
        "uuid": UUID(int=1),
        "nan": float("nan"),
        "inf": float("-inf"),
        "whole": 2**100,
        "yes": True,
    }
    emit(list(row), [list(row.values())], Format.json)
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail) == [
        {
            "amounts": [1.5, None],
            "struct": {"day": "2026-11-22", "at": "2026-11-22T00:00:00+00:00"},
            "interval": "1 day, 0:00:00",
            "blob": "00ff",
            "uuid": "00000000-0000-0000-0000-000000000001",
            "nan": None,
            "inf": None,
            "whole": 2**100,
            "yes": True,
        }
    ]
