from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.bidding_zones import EUROPE
from connectors.drift import Rows
from connectors.entsoe_wholesale import entsoe_wholesale, read_document
from connectors.errors import RateLimited, SchemaDrift, SourceUnavailable
from connectors.wholesale import IncompleteDay, daily_mean_per_mwh
from tests.connectors.asking import ask_fake, rows_of
from tests.fakes import entsoe_wholesale as entsoe
from tests.fakes.server import Fault, Server

SPRING = date(2026, 3, 29)  # 23 hours, 92 quarters
FIXTURE = Path(__file__).parents[1] / "fixtures" / "entsoe_wholesale.xml"
BODY = FIXTURE.read_bytes()
BERLIN = EUROPE["DE-LU"].clock
SECRETS = {"ENTSOE_TOKEN": entsoe.TOKEN}


def pull(server: Server, folder: Path, zone: str, day: date, secrets: dict[str, str] | None = None) -> list[dict]:
    ask = ask_fake(server, "entsoe", folder, day, secrets=secrets or SECRETS)
    return rows_of(list(entsoe_wholesale.pull(ask, zone)))


def day_of(hour: int = 22) -> tuple[datetime, datetime]:
    start = datetime(2026, 6, 11, hour, tzinfo=UTC)
    return start, start + timedelta(days=1)


def test_omitted_positions_repeat_the_price_before_them() -> None:
    spans, _ = read_document(BODY, Rows("url"))
    mean = daily_mean_per_mwh(spans, SPRING, BERLIN)
    assert round(mean, 4) == Decimal("52.8478")
    listed = [s.price_per_mwh for s in spans]
    assert sum(listed) / len(listed) == Decimal("44.69")  # what averaging the points alone would say


def test_position_before_the_first_change_is_covered() -> None:
    spans, _ = read_document(BODY, Rows("url"))
    assert sum(((s.end - s.start) for s in spans), timedelta()) == timedelta(hours=23)


def test_same_points_as_a_full_curve_are_a_day_with_gaps() -> None:
    spans, _ = read_document(BODY.replace(b"A03", b"A01"), Rows("url"))
    with pytest.raises(IncompleteDay):
        daily_mean_per_mwh(spans, SPRING, BERLIN)


@pytest.mark.parametrize(("zone", "day"), [("SE3", SPRING), ("NO1", date(2026, 10, 25)), ("ES", date(2026, 7, 1))])
def test_two_local_days_per_zone(tmp_path: Path, zone: str, day: date) -> None:
    with Server([entsoe.fake()]) as server:
        rows = pull(server, tmp_path, zone, day)
    assert [r["price_date"] for r in rows] == [day - timedelta(days=1), day]
    assert abs(rows[1]["local_per_kwh"] - Decimal("0.05875")) < Decimal("0.0001")


@pytest.mark.parametrize("zone", ["GR", "IE-SEM", "PT", "FI"])
def test_local_day_is_cut_from_market_days_of_central_europe(tmp_path: Path, zone: str) -> None:
    with Server([entsoe.fake()]) as server:
        rows = pull(server, tmp_path, zone, date(2026, 7, 1))
    assert len(rows) in (1, 2)  # west of Berlin the last hour of today belongs to tomorrow's auction
    assert rows[0]["local_per_kwh"] == Decimal("0.05875")


def test_second_auction_is_never_read() -> None:
    start, end = day_of()
    eic = EUROPE["AT"].eic
    both = [entsoe.time_series(eic, s, start, end, [p]) for s, p in (("1", "50.00"), ("2", "999.00"))]
    spans, dropped = read_document(entsoe.publication("".join(both)).encode(), Rows("url"))
    assert {s.price_per_mwh for s in spans} == {Decimal("50.00")}
    assert dropped == {"second auction": 1}


def test_overlapping_series_with_two_prices_are_no_price() -> None:
    start, end = day_of()
    series = [entsoe.time_series("x", "", start, end, [p]) for p in ("50.00", "51.00")]
    spans, _ = read_document(entsoe.publication("".join(series)).encode(), Rows("url"))
    with pytest.raises(IncompleteDay, match="two prices"):
        daily_mean_per_mwh(spans, date(2026, 6, 12), BERLIN)


def test_the_same_series_twice_is_one() -> None:
    start, end = day_of()
    series = entsoe.time_series("x", "", start, end, ["50.00", "30.00"])
    spans, _ = read_document(entsoe.publication(series * 2).encode(), Rows("url"))
    assert daily_mean_per_mwh(spans, date(2026, 6, 12), BERLIN) == 40


def test_acknowledgement_with_status_200_is_no_answer() -> None:
    with pytest.raises(SourceUnavailable, match="No matching data found"):
        read_document(entsoe.ACKNOWLEDGEMENT.format(eic="x").encode(), Rows("url"))


@pytest.mark.parametrize(
    ("old", "new"),
    [(b">EUR<", b">PLN<"), (b">MWH<", b">KWH<"), (b"A03", b"A05"), (b"PT15M", b"P1Y"), (b"Publication_M", b"Other_M")],
)
def test_other_currency_unit_curve_or_document_is_drift(old: bytes, new: bytes) -> None:
    with pytest.raises(SchemaDrift):
        read_document(BODY.replace(old, new), Rows("url"))


def test_token_is_refused_without_being_shown(tmp_path: Path) -> None:
    with Server([entsoe.fake()]) as server, pytest.raises(SourceUnavailable, match="401") as caught:
        pull(server, tmp_path, "SE3", SPRING, {"ENTSOE_TOKEN": "top-secret"})
    assert "top-secret" not in str(caught.value)


def test_ban_of_ten_minutes_is_not_sat_out(tmp_path: Path) -> None:
    with Server([entsoe.fake()]) as server:
        server.faults.append(Fault("/api", status=429, times=9))
        with pytest.raises(RateLimited):
            pull(server, tmp_path, "SE3", SPRING)


@pytest.mark.parametrize("broken", [("<position>49<", "<position>noon<"), (">30.00<", ">-<"), ("PT15M", "P1Y")])
def test_a_period_with_a_point_that_cannot_be_read_is_refused_whole(broken: tuple[str, str]) -> None:
    """Where repeats are omitted, the price before it would stand in its place."""
    start, end = day_of()
    good, bad = (
        entsoe.time_series("x", "", s, e, ["50.00", "30.00"]) for s, e in ((start, end), (end, end + (end - start)))
    )
    assert broken[0] in bad
    rows = Rows("url")
    spans, _ = read_document(entsoe.publication(good + bad.replace(*broken)).encode(), rows)
    assert daily_mean_per_mwh(spans, date(2026, 6, 12), BERLIN) == 40
    assert max(s.end for s in spans) == end
    assert [r.reason.startswith("unreadable: ") for r in rows.rejected] == [True]
