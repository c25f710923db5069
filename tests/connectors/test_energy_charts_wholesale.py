import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.drift import Rows
from connectors.energy_charts_wholesale import energy_charts_wholesale, read_prices
from connectors.errors import RateLimited, SchemaDrift, SourceUnavailable
from tests.connectors.asking import ask_fake, rejected_of, rows_of
from tests.fakes import energy_charts_wholesale as energy_charts
from tests.fakes.server import Fault, Server

RECORDED = json.loads(json.dumps(energy_charts.RECORDED), parse_float=Decimal)
SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)


def pull(server: Server, folder: Path, day: date, zone: str = "NL") -> list[dict[str, object]]:
    return rows_of(list(energy_charts_wholesale.pull(ask_fake(server, "energy-charts", folder, day), zone)))


def test_yesterday_and_today_in_local_days(tmp_path: Path) -> None:
    with Server([energy_charts.fake()]) as server:
        rows = pull(server, tmp_path, date(2026, 7, 1))
    prices = [Decimal(str(p)) for p in energy_charts.RECORDED["price"]]
    first_day = sum(prices[n % 10] for n in range(96)) / 96 / 1000
    assert [r["price_date"] for r in rows] == [date(2026, 6, 30), date(2026, 7, 1)]
    assert rows[0]["local_per_kwh"] == first_day.quantize(Decimal("1e-10"))
    assert rows[0]["currency"] == "EUR"
    assert str(rows[0]["licence"]).startswith("CC BY 4.0")


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_days_of_23_and_25_hours_are_complete(tmp_path: Path, day: date) -> None:
    with Server([energy_charts.fake()]) as server:
        assert len(pull(server, tmp_path, day, "DE-LU")) == 2


def test_zone_that_pays_in_its_own_money_is_still_in_euro(tmp_path: Path) -> None:
    with Server([energy_charts.fake()]) as server:
        assert {r["currency"] for r in pull(server, tmp_path, date(2026, 7, 1), "DK2")} == {"EUR"}


def test_day_without_prices_yet_leaves_yesterday(tmp_path: Path) -> None:
    with Server([energy_charts.fake(last_day=date(2026, 6, 30))]) as server:
        partitions = list(
            energy_charts_wholesale.pull(ask_fake(server, "energy-charts", tmp_path, date(2026, 7, 1)), "NL")
        )
    assert [r["price_date"] for r in rows_of(partitions)] == [date(2026, 6, 30)]
    assert rejected_of(partitions) == [("NL/2026-07-01", "no price from 2026-06-30T22:00Z")]


def test_not_found_for_tomorrow_is_no_answer(tmp_path: Path) -> None:
    with (
        Server([energy_charts.fake(last_day=date(2026, 6, 1))]) as server,
        pytest.raises(SourceUnavailable, match="no content available"),
    ):
        pull(server, tmp_path, date(2026, 7, 1))


def test_too_many_requests_are_waited_for_then_reported(tmp_path: Path) -> None:
    with Server([energy_charts.fake()]) as server:
        server.faults.append(Fault("/price", status=429, headers={"Retry-After": "0"}, times=1))
        assert pull(server, tmp_path, date(2026, 7, 1))
        server.faults.append(Fault("/price", status=429, headers={"Retry-After": "0"}, times=9))
        with pytest.raises(RateLimited):
            pull(server, tmp_path, date(2026, 7, 1))


def test_recorded_answer(tmp_path: Path) -> None:
    spans, dropped = read_prices(RECORDED, Rows("url"))
    assert (len(spans), spans[0].price_per_mwh) == (10, Decimal("94.87"))
    assert spans[0].start == datetime(2025, 12, 30, 23, tzinfo=UTC)
    assert (spans[-1].end - spans[0].start).total_seconds() == 9000
    assert not dropped


def test_hourly_answers_of_before_october_2025() -> None:
    hourly = RECORDED | {"unix_seconds": [1759183200 + 3600 * n for n in range(10)]}
    spans, _ = read_prices(hourly, Rows("url"))
    assert {(s.end - s.start).total_seconds() for s in spans} == {3600}


@pytest.mark.parametrize(
    "change",
    [
        {"unit": "EUR/kWh"},
        {"unit": "ct/kWh"},
        {"price": RECORDED["price"][:-1]},
        {"unix_seconds": None},
    ],
)
def test_other_unit_or_length_is_drift(change: dict[str, object]) -> None:
    with pytest.raises(SchemaDrift):
        read_prices(RECORDED | change, Rows("url"))


def test_null_price_is_left_out_and_counted_not_zero() -> None:
    spans, dropped = read_prices(RECORDED | {"price": [None, *RECORDED["price"][1:]], "deprecated": True}, Rows("url"))
    assert len(spans) == 9
    assert dropped == {"no price yet": 1, "endpoint is deprecated": 1}


@pytest.mark.parametrize("stamp", [None, "noon", float("nan"), 10**400])
def test_a_point_without_a_time_is_quarantined_alone(stamp: object) -> None:
    rows = Rows("url")
    spans, _ = read_prices(RECORDED | {"unix_seconds": [stamp, *RECORDED["unix_seconds"][1:]]}, rows)
    assert len(spans) == 9
    assert [r.reason.startswith("unreadable: ") for r in rows.rejected] == [True]
