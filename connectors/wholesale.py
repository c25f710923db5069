"""Daily means of wholesale prices: time-weighted, over local days of 23, 24 or 25 hours.

Sources publish by the quarter, half or whole hour, leave out repeated prices, and skip or repeat
an hour when clocks change. Everything becomes spans of UTC time with one price; a day's mean is
taken only when its spans cover it exactly once. Negative prices are legal and kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise

from connectors.records import Partition, Rejected, Tariff
from connectors.tariff_rows import per_kwh, settle

# Harmonised floor and cap of the European day-ahead auction are -500 and 4,000 EUR/MWh, of the
# Australian market -1,000 and 20,300 AUD/MWh; the Japanese bound is our own, far above any price: beyond is a mistake.
PER_MWH_BOUNDS = {
    "EUR": (-500, 4_000),
    "GBP": (-500, 6_000),
    "AUD": (-1_000, 25_000),
    "JPY": (0, 1_000_000),
}


@dataclass(frozen=True, slots=True)
class Span:
    """One price over a span of UTC time, start included, end not."""

    start: datetime
    end: datetime
    price_per_mwh: Decimal


@dataclass(frozen=True, slots=True)
class Market:
    """What all rows of one wholesale source and zone share."""

    zone: str
    clock: tzinfo
    currency: str
    band: str  # day_ahead, market_index, spot
    source_url: str
    licence: str


class IncompleteDay(ValueError):
    """The spans do not cover the day exactly once, or with a price that cannot be."""


def moment(text: str) -> datetime:
    """A moment of a source that writes the zone beside it.

    Raises:
        ValueError: no ISO moment, or none with a zone.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found


def day_bounds(day: date, clock: tzinfo) -> tuple[datetime, datetime]:
    """Start and end of a local day in UTC; 23 or 25 hours apart when clocks change."""
    midnights = (datetime(d.year, d.month, d.day, tzinfo=clock) for d in (day, day + timedelta(days=1)))
    start, end = (m.astimezone(UTC) for m in midnights)
    return start, end


def spans_of_points(points: Iterable[tuple[datetime, Decimal]], step: timedelta) -> list[Span]:
    """Spans of one length from the start of each."""
    return [Span(start, start + step, price) for start, price in points]


def daily_mean_per_mwh(spans: Iterable[Span], day: date, clock: tzinfo) -> Decimal:
    """Time-weighted mean of a local day [currency/MWh].

    Raises:
        IncompleteDay: an hour has no price, or two.
    """
    start, end = day_bounds(day, clock)
    clipped = {Span(max(s.start, start), min(s.end, end), s.price_per_mwh) for s in spans}
    inside = sorted((s for s in clipped if s.start < s.end), key=lambda s: (s.start, s.end))
    if not inside or inside[0].start > start:
        raise IncompleteDay(f"no price from {start:%Y-%m-%dT%H:%MZ}")
    for one, following in pairwise(inside):
        if following.start < one.end:
            raise IncompleteDay(f"two prices for {following.start:%Y-%m-%dT%H:%MZ}")
        if following.start > one.end:
            raise IncompleteDay(f"no price from {one.end:%Y-%m-%dT%H:%MZ}")
    if inside[-1].end < end:
        raise IncompleteDay(f"no price from {inside[-1].end:%Y-%m-%dT%H:%MZ}")
    weighted = sum((s.price_per_mwh * _seconds(s.end - s.start) for s in inside), Decimal())
    return weighted / _seconds(end - start)


def daily_partition(
    market: Market,
    spans: Sequence[Span],
    days: Iterable[date],
    *,
    region: str,
    unreadable: Sequence[Rejected] = (),
    dropped: Counter[str] | None = None,
) -> Partition:
    """One row per complete day; a day with gaps, overlaps or impossible prices goes to quarantine.

    So does a day whose price is in a row that is `unreadable`: it has a gap.
    """
    rows: list[Tariff] = []
    rejected = list(unreadable)
    for day in days:
        try:
            _check_bounds(spans, day, market)
            mean = daily_mean_per_mwh(spans, day, market.clock)
            rows.append(_tariff(market, day, mean))
        except IncompleteDay as error:
            rejected.append(Rejected.of(f"{market.zone}/{day}", str(error), {"zone": market.zone, "day": day}))
    kept, conflicts = settle(rows)
    return Partition.of(
        Tariff,
        kept,
        region=region,
        kind="wholesale",
        rejected=[*rejected, *conflicts],
        dropped=dropped,
        source_url=market.source_url,
        as_of=max((r.price_date for r in kept), default=None),
    )


def _check_bounds(spans: Iterable[Span], day: date, market: Market) -> None:
    """Judge each price: in the mean of a day a single impossible one may hide.

    Raises:
        IncompleteDay: a price of the day is outside the bounds.
    """
    start, end = day_bounds(day, market.clock)
    low, high = PER_MWH_BOUNDS[market.currency]
    for span in spans:
        if span.start < end and start < span.end and not low <= span.price_per_mwh <= high:
            price = f"{span.price_per_mwh:.2f} {market.currency}/MWh for {span.start:%Y-%m-%dT%H:%MZ}"
            raise IncompleteDay(f"{price} is outside {low}..{high}")


def _tariff(market: Market, day: date, mean_per_mwh: Decimal) -> Tariff:
    return Tariff(
        tariff_zone=market.zone,
        kind="wholesale",
        valid_from=day,
        price_date=day,
        price_period=day.isoformat(),
        currency=market.currency,
        local_per_kwh=per_kwh(mean_per_mwh / 1000),
        local_per_kwh_low=None,
        local_per_kwh_high=None,
        demand_per_kw_month=None,
        band=market.band,
        band_min_mwh_per_year=None,
        tax_basis="energy_only",
        confidence="high",
        source_url=market.source_url,
        source_version="",
        source_key=f"{market.zone}.{day}",
        licence=market.licence,
    )


def _seconds(length: timedelta) -> Decimal:
    return Decimal(int(length.total_seconds()))
