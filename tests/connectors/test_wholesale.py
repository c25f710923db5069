from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.wholesale import IncompleteDay, Market, Span, daily_mean_per_mwh, daily_partition, day_bounds

BERLIN = ZoneInfo("Europe/Berlin")
QUARTER = timedelta(minutes=15)
DAYS = {date(2026, 3, 29): 92, date(2026, 6, 12): 96, date(2026, 10, 25): 100, date(2028, 2, 29): 96}
MARKET = Market("DE-LU", BERLIN, "EUR", "day_ahead", "url", "licence")


def quarters(day: date, prices: list[Decimal]) -> list[Span]:
    start, _ = day_bounds(day, BERLIN)
    return [Span(start + n * QUARTER, start + (n + 1) * QUARTER, p) for n, p in enumerate(prices)]


@pytest.mark.parametrize(("day", "count"), DAYS.items())
def test_local_day_has_92_96_or_100_quarters(day: date, count: int) -> None:
    start, end = day_bounds(day, BERLIN)
    assert (end - start) / QUARTER == count
    assert daily_mean_per_mwh(quarters(day, [Decimal(7)] * count), day, BERLIN) == 7
    with pytest.raises(IncompleteDay, match="no price from"):
        daily_mean_per_mwh(quarters(day, [Decimal(7)] * (count - 1)), day, BERLIN)


@given(st.sampled_from(sorted(DAYS)), st.data())
def test_mean_does_not_change_when_repeated_prices_are_left_out(day: date, data: st.DataObject) -> None:
    levels = st.sampled_from([Decimal(-500), Decimal("-12.30"), Decimal(0), Decimal("60.50"), Decimal(4000)])
    prices = data.draw(st.lists(levels, min_size=DAYS[day], max_size=DAYS[day]))
    spans = quarters(day, prices)
    runs = [list(group) for _, group in groupby(spans, key=lambda s: s.price_per_mwh)]
    merged = [Span(run[0].start, run[-1].end, run[0].price_per_mwh) for run in runs]
    mean = daily_mean_per_mwh(merged, day, BERLIN)
    assert mean == daily_mean_per_mwh(spans, day, BERLIN)
    assert abs(mean - sum(prices) / len(prices)) < Decimal("1e-20")


@given(st.permutations(range(96)))
def test_order_on_the_wire_does_not_matter(order: list[int]) -> None:
    day = date(2026, 6, 12)
    spans = quarters(day, [Decimal(n) for n in range(96)])
    assert daily_mean_per_mwh([spans[n] for n in order], day, BERLIN) == Decimal("47.5")


def test_hours_weigh_more_than_quarters() -> None:
    day = date(2025, 10, 1)
    start, end = day_bounds(day, BERLIN)
    spans = [Span(start, start + 18 * 4 * QUARTER, Decimal(10)), Span(start + 18 * 4 * QUARTER, end, Decimal(30))]
    assert daily_mean_per_mwh(spans, day, BERLIN) == 15


def test_equal_repeats_are_one_and_different_ones_are_none() -> None:
    day = date(2026, 6, 12)
    spans = quarters(day, [Decimal(5)] * 96)
    assert daily_mean_per_mwh(spans + spans[:4], day, BERLIN) == 5
    with pytest.raises(IncompleteDay, match="two prices for 2026-06-11T22:00Z"):
        daily_mean_per_mwh([*spans, Span(spans[0].start, spans[0].end, Decimal(6))], day, BERLIN)


def test_an_hour_over_its_quarters_is_a_conflict() -> None:
    day = date(2026, 6, 12)
    spans = quarters(day, [Decimal(5)] * 96)
    with pytest.raises(IncompleteDay, match="two prices"):
        daily_mean_per_mwh([*spans, Span(spans[0].start, spans[4].start, Decimal(5))], day, BERLIN)


def test_spans_beyond_the_day_are_cut() -> None:
    start = datetime(2026, 6, 11, 20, tzinfo=UTC)
    assert daily_mean_per_mwh([Span(start, start + timedelta(days=2), Decimal(9))], date(2026, 6, 12), BERLIN) == 9


def test_negative_mean_is_kept() -> None:
    day = date(2026, 6, 12)
    partition = daily_partition(MARKET, quarters(day, [Decimal("-3.5")] * 96), [day], region="DE-LU")
    (row,) = partition.rows.to_pylist()
    assert row["local_per_kwh"] == Decimal("-0.0035")
    assert (row["kind"], row["tax_basis"], row["price_date"]) == ("wholesale", "energy_only", day)


def test_incomplete_or_impossible_day_goes_to_quarantine_with_its_reason() -> None:
    days = [date(2026, 6, 12), date(2026, 6, 13)]
    cents = quarters(days[1], [Decimal(90_000)] * 96)  # EUR/MWh read from a source in EUR/GWh
    partition = daily_partition(MARKET, cents, days, region="DE-LU")
    reasons = [r["reason"] for r in partition.rejected.to_pylist()]
    assert partition.rows.num_rows == 0
    assert reasons[0] == "no price from 2026-06-11T22:00Z"
    assert "outside -500..4000" in reasons[1]


def test_one_impossible_quarter_in_a_day_of_usual_ones_is_found() -> None:
    days = [date(2026, 6, 12), date(2026, 6, 13)]
    spans = [span for day in days for span in quarters(day, [Decimal(50)] * 96)]
    spans[5] = replace(spans[5], price_per_mwh=Decimal(99_999))  # the mean, 1,091 EUR/MWh, is within the bounds
    partition = daily_partition(MARKET, spans, days, region="DE-LU")
    assert [r["price_date"] for r in partition.rows.to_pylist()] == [days[1]]
    (reason,) = partition.rejected.column("reason").to_pylist()
    assert reason == "99999.00 EUR/MWh for 2026-06-11T23:15Z is outside -500..4000"
