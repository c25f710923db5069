"""Nights go forward; a night published by a clock that was ahead is replaced when a person says so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from connectors.errors import UsageError
from flows.night_date import night_date
from flows.settings import Settings

TODAY = datetime.now(UTC).date()
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def published(home: Path, last: date | None) -> Settings:
    """A HOME whose last published night is `last`."""
    if last:
        (home / "published").mkdir()
        (home / "published" / "manifest.json").write_text(json.dumps({"cost_date": str(last)}))
    return Settings(home=home)


@pytest.mark.parametrize("last", [None, YESTERDAY, TODAY])
def test_today_is_the_default(tmp_path: Path, last: date | None) -> None:
    assert night_date(published(tmp_path, last)) == TODAY


@pytest.mark.parametrize("last", [None, YESTERDAY])
def test_a_day_not_before_the_last_night_may_be_asked_for(tmp_path: Path, last: date | None) -> None:
    assert night_date(published(tmp_path, last), str(YESTERDAY)) == YESTERDAY


@pytest.mark.parametrize(
    ("last", "asked", "why"),
    [
        (TODAY, "22.11.2026", "--date 22.11.2026: not a date; write YYYY-MM-DD"),
        (None, str(TOMORROW), f"--date {TOMORROW}: lies in the future"),
        (TODAY, str(YESTERDAY), f"filled by: costwatt backfill --from {YESTERDAY} --to {YESTERDAY}"),
        # neither the clock nor a day of the past may undo nights unasked
        (TOMORROW, "", f"{TOMORROW}, lies in the future: .* costwatt refresh --date {TODAY} "),
        (TOMORROW, str(YESTERDAY), f"{TOMORROW}, lies in the future: .* costwatt refresh --date {TODAY} "),
    ],
)
def test_what_is_refused_says_what_to_do(tmp_path: Path, last: date | None, asked: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        night_date(published(tmp_path, last), asked)


def test_after_a_clock_that_was_ahead_today_by_name_goes_on(tmp_path: Path) -> None:
    assert night_date(published(tmp_path, TOMORROW), str(TODAY)) == TODAY
