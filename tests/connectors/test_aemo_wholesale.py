from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.aemo_wholesale import CLOCK, aemo_wholesale, read_month
from connectors.drift import Rows
from connectors.errors import SchemaDrift
from connectors.wholesale import daily_mean_per_mwh
from tests.connectors.asking import ask_fake, pulled, rows_of
from tests.fakes import aemo_wholesale as aemo
from tests.fakes.server import Server

RECORDED = (Path(__file__).parents[1] / "fixtures" / "aemo_wholesale.csv").read_text()


def test_both_states_and_the_turn_of_the_year(tmp_path: Path) -> None:
    with Server([aemo.fake()]) as server:
        rows = rows_of(pulled(aemo_wholesale, ask_fake(server, "aemo", tmp_path, date(2026, 1, 2))))
    assert {(r["tariff_zone"], r["price_date"]) for r in rows} == {
        (zone, day) for zone in ("AU-NSW", "AU-VIC") for day in (date(2025, 12, 31), date(2026, 1, 1))
    }
    # two hours of 24 at -35 AUD/MWh
    assert {r["local_per_kwh"] for r in rows} == {Decimal("0.0817008333")}


def test_stamp_is_the_end_of_its_interval() -> None:
    spans, _ = read_month(RECORDED, "NSW1", Rows("url"))
    assert spans[0].start == datetime(2026, 6, 11, 14, 0, tzinfo=UTC)  # 00:05 market time, five minutes before
    assert spans[1].price_per_mwh == Decimal("-35.00")


def test_midnight_belongs_to_the_day_before() -> None:
    spans, _ = read_month(aemo.month(2026, 6, "NSW1"), "NSW1", Rows("url"))
    assert daily_mean_per_mwh(spans, date(2026, 6, 30), CLOCK) == daily_mean_per_mwh(spans, date(2026, 6, 1), CLOCK)
    assert max(s.end for s in spans) == datetime(2026, 6, 30, 14, tzinfo=UTC)


def test_half_hours_of_before_october_2021() -> None:
    rows = "".join(f"NSW1,2021/09/01 {h:02}:{m:02}:00,1,50,TRADE\n" for h, m in [(0, 30), (1, 0), (1, 30)])
    spans, _ = read_month(aemo.HEADER + rows, "NSW1", Rows("url"))
    assert {s.end - s.start for s in spans} == {timedelta(minutes=30)}


@pytest.mark.parametrize("stamps", [("00:05",), ("00:05", "02:05")])
def test_intervals_that_stand_alone_are_five_minutes(stamps: tuple[str, ...]) -> None:
    rows = "".join(f"NSW1,2026/06/12 {stamp}:00,1,50,TRADE\n" for stamp in stamps)
    spans, _ = read_month(aemo.HEADER + rows, "NSW1", Rows("url"))
    assert spans[0].start == datetime(2026, 6, 11, 14, 0, tzinfo=UTC)
    assert [s.end - s.start for s in spans] == [timedelta(minutes=5)] * len(stamps)


def test_forecasts_are_left_out() -> None:
    _, dropped = read_month(aemo.HEADER + "NSW1,2026/06/12 00:05:00,1,50,FORECAST\n", "NSW1", Rows("url"))
    assert dropped == {"not settled": 1}


@pytest.mark.parametrize("text", ["<html></html>", RECORDED.replace("RRP", "PRICE"), RECORDED.replace("NSW1", "VIC1")])
def test_pages_other_columns_and_other_states_are_drift(text: str) -> None:
    with pytest.raises(SchemaDrift):
        read_month(text, "NSW1", Rows("url"))
