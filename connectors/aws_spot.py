"""AWS spot prices of yesterday's UTC day per availability zone, weighted by time (needs credentials).

DescribeSpotPriceHistory tells changes, not samples: a mean of its rows is wrong by 10-20 %. Each price
holds until the next change; the one in force at midnight is the last change before it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.ask import Ask, connector
from connectors.aws_session import client, enabled_regions, listed
from connectors.drift import Rows, told
from connectors.records import Partition, Rejected, SpotPrice

PRODUCT = "Linux/UNIX"
FILTER_VALUES_MAX = 100  # instance types per request
QUANTUM = Decimal("1e-10")
Events = Mapping[datetime, Decimal]


@dataclass(frozen=True)
class DayPrice:
    """A step function over one day.

    Args:
        coverage_ratio: share of the day with a known price; below 1 the pool appeared during the day.
    """

    mean: Decimal
    low: Decimal
    high: Decimal
    coverage_ratio: float


@connector(
    "aws_spot",
    record=SpotPrice,
    licence="Amazon EC2 API, under the caller's AWS agreement",
    plan=enabled_regions,
)
def aws_spot(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: every pool of one region on the day before the night."""
    day = ask.day - timedelta(days=1)
    api = client(ask, "ec2", region)
    rows = [row for skus in batches(ask) for row in history(api, day, skus)]
    yield day_partition(region, day, rows, url=api.meta.endpoint_url)


def batches(ask: Ask) -> Sequence[Sequence[str]]:
    """Instance types per request; one empty batch asks for all."""
    skus = sorted(ask.skus.get("aws", ())) if ask.scope == "accelerated" else []
    return [skus[i : i + FILTER_VALUES_MAX] for i in range(0, max(len(skus), 1), FILTER_VALUES_MAX)]


def history(api: Any, day: date, skus: Sequence[str]) -> list[dict[str, Any]]:
    """Price changes of one UTC day, and the last one before it per pool."""
    start = datetime.combine(day, time(), UTC)
    types = [{"Name": "instance-type", "Values": list(skus)}] if skus else []
    return listed(
        api,
        "describe_spot_price_history",
        "SpotPriceHistory",
        StartTime=start,
        EndTime=start + timedelta(days=1),
        ProductDescriptions=[PRODUCT],
        Filters=types,
        MaxResults=1000,
    )


def day_partition(region: str, day: date, rows: Iterable[Mapping[str, Any]], url: str) -> Partition:
    """Weight each pool's changes; a pool with an unreadable or contradictory change is rejected whole."""
    pools: defaultdict[tuple[str, str], dict[datetime, Decimal]] = defaultdict(dict)
    rejected: dict[str, Rejected] = {}  # the last of each pool
    dropped = {"another product": 0, "no price on the day": 0}
    reader = Rows(url)
    for row in rows:
        key = f"{told(row, 'AvailabilityZone')}/{told(row, 'InstanceType')}"
        with reader.reading(row, key):
            pool = row["AvailabilityZone"], row["InstanceType"]
            problem = "another product" if row["ProductDescription"] != PRODUCT else add_event(pools[pool], row)
            if problem in dropped:
                dropped[problem] += 1
            elif problem:
                rejected[key] = Rejected.of(key, problem, row)
    reader.check()
    rejected |= {r.key: r for r in reader.rejected}
    days = {pool: weigh(events, day) for pool, events in sorted(pools.items()) if "/".join(pool) not in rejected}
    dropped["no price on the day"] = sum(price is None for price in days.values())
    return Partition.of(
        SpotPrice,
        [_record(region, day, pool, price, url) for pool, price in days.items() if price],
        region=region,
        kind="spot",
        rejected=list(rejected.values()),
        dropped={reason: count for reason, count in dropped.items() if count},
        source_url=url,
        source_version=day.isoformat(),
        as_of=day,
    )


def add_event(events: dict[datetime, Decimal], row: Mapping[str, Any]) -> str:
    """Add one change; what is wrong with it, or ""."""
    try:
        price = Decimal(row["SpotPrice"])
    except InvalidOperation:
        return "unreadable price"
    if not price.is_finite() or price <= 0:
        return "price is not above 0"
    moment = row["Timestamp"]
    return "" if events.setdefault(moment, price) == price else "conflict"


def weigh(events: Events, day: date) -> DayPrice | None:
    """The time-weighted price over [00:00, 24:00) UTC; None where no price is known in it."""
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    changes = sorted(moment for moment in events if moment < end)
    carried_in = [moment for moment in changes if moment <= start][-1:]
    moments = carried_in + [moment for moment in changes if moment > start]
    if not moments:
        return None
    begins = [max(moment, start) for moment in moments]
    lengths = [(b - a) / timedelta(microseconds=1) for a, b in zip(begins, [*begins[1:], end], strict=True)]
    prices = [events[moment] for moment in moments]
    known = sum(lengths)
    mean = sum((p * Decimal(length) for p, length in zip(prices, lengths, strict=True)), Decimal(0)) / Decimal(known)
    return DayPrice(mean.quantize(QUANTUM), min(prices), max(prices), known / (86_400 * 1e6))


def _record(region: str, day: date, pool: tuple[str, str], price: DayPrice, url: str) -> SpotPrice:
    zone, sku = pool
    return SpotPrice(
        provider="aws",
        region=region,
        zone=zone,
        sku=sku,
        operating_system="Linux",
        price_date=day,
        currency="USD",
        price_per_hour=price.mean,
        min_per_hour=price.low,
        max_per_hour=price.high,
        coverage_ratio=price.coverage_ratio,
        quality="measured",
        source_url=url,
        source_version=day.isoformat(),
        source_key=f"{zone}/{sku}/{PRODUCT}",
    )
