"""AWS spot prices without credentials: the feed behind AWS's own spot price page.

Undocumented, refreshed hourly, one price per region and type, no time in it. Its predecessor froze
without a word, so an unchanged body is trusted for a few nights only. One file holds the world, so
the regions of the setting do not matter.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from connectors.ask import Ask, connector
from connectors.aws_offer_json import decimal
from connectors.drift import Rows, reading, text, told
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import Partition, Rejected, SpotPrice

KIND = "spot_feed"
FROZEN_AFTER = timedelta(days=3)
REGIONS_MIN = 15  # of about 40; a torso is no answer
COVERAGE_RATIO = 1 / 24  # a snapshot speaks for its hour
ALIASES = {  # names of the feed's first years
    "us-east": "us-east-1",
    "us-west": "us-west-1",
    "eu-ireland": "eu-west-1",
    "apac-sin": "ap-southeast-1",
    "apac-syd": "ap-southeast-2",
    "apac-tokyo": "ap-northeast-1",
}


@connector(
    "aws_spot_feed",
    record=SpotPrice,
    setting="AWS_SPOT_FEED_URL",
    url="https://website.spot.ec2.aws.a2z.com",
    licence="public, undocumented",
)
def aws_spot_feed(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: the world's spot prices of this hour.

    Raises:
        SourceUnavailable: the same body for three days.
        SchemaDrift: another shape, or too few regions.
    """
    answer = ask.web.get(f"{ask.url}/spot.json")
    ask.keep("spot.json", answer)
    known = ask.known.get((region, KIND))
    version = first_seen(hashlib.sha256(answer.body).hexdigest()[:16], known.source_version if known else "", ask.day)
    with reading(answer.url):
        listed = answer.json()["config"]["regions"]
        if len(listed) < REGIONS_MIN:
            raise SchemaDrift(f"{answer.url}: only {len(listed)} regions")
        yield feed_partition(ask, region, listed, answer.url, version)


def first_seen(digest: str, known: str, day: date) -> str:
    """Version of a body: its digest and the night that first saw it, e.g. ``3f2a@2026-11-20``.

    Raises:
        SourceUnavailable: the body is older than a live feed's can be.
    """
    before, _, since = known.partition("@")
    if before != digest:
        return f"{digest}@{day}"
    if day - date.fromisoformat(since) >= FROZEN_AFTER:
        raise SourceUnavailable(f"AWS spot feed is frozen: the same prices since {since}; they are used as of then")
    return known


def feed_partition(ask: Ask, part: str, listed: Sequence[Mapping[str, Any]], url: str, version: str) -> Partition:
    """The Linux prices of the types asked."""
    dropped: Counter[str] = Counter()
    rejected: list[Rejected] = []
    rows: list[SpotPrice] = []
    for (region, sku), texts in sorted(linux_prices(listed, url, rejected).items()):
        reason = left_out(ask, sku, texts)
        price = decimal(texts[0]) if len(set(texts)) == 1 else None
        if reason:
            dropped[reason] += 1
        elif price is None or price <= 0:
            problem = "conflict" if len(set(texts)) > 1 else "unreadable price"
            rejected += [Rejected.of(f"{region}/{sku}", problem, {"price": text}) for text in texts]
        else:
            rows.append(_record(region, sku, price, ask.day, url, version))
    return Partition.of(
        SpotPrice,
        rows,
        region=part,
        kind=KIND,
        rejected=rejected,
        dropped=dropped,
        source_url=url,
        source_version=version,
        as_of=ask.day,
    )


def left_out(ask: Ask, sku: str, texts: list[str]) -> str:
    """Why a cell is no price of tonight's question, or ""."""
    if ask.scope == "accelerated" and sku not in ask.skus.get("aws", ()):
        return "not accelerated"
    return "not offered" if texts[0].startswith("N/A") else ""


def linux_prices(
    listed: Sequence[Mapping[str, Any]], url: str, rejected: list[Rejected]
) -> dict[tuple[str, str], list[str]]:
    """(region, type) -> price texts; more than one where the feed contradicts itself."""
    cells: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    rows = Rows(url, rejected)
    for code, size in _sizes(listed, Rows(url, rejected)):
        with rows.reading(size, f"{code}/{told(size, 'size')}"):
            texts = [text(c["prices"]["USD"]) for c in size["valueColumns"] if c["name"] == "linux"]
            cells[code, text(size["size"])] += texts
    rows.check()
    return {key: texts for key, texts in cells.items() if texts}


def _sizes(listed: Sequence[Mapping[str, Any]], rows: Rows) -> Iterator[tuple[str, Any]]:
    """(region, size) of every family of every region."""
    for region in listed:
        code, families = told(region, "region"), list[Any]()
        with rows.reading(region, code):
            code, families = ALIASES.get(text(region["region"]), code), list(region["instanceTypes"])
        for family in families:
            sizes: list[Any] = []
            with rows.reading(family, code):
                sizes = list(family["sizes"])
            yield from ((code, size) for size in sizes)
    rows.check()


def _record(region: str, sku: str, price: Decimal, day: date, url: str, version: str) -> SpotPrice:
    return SpotPrice(
        provider="aws",
        region=region,
        zone="",
        sku=sku,
        operating_system="Linux",
        price_date=day,
        currency="USD",
        price_per_hour=price,
        min_per_hour=price,
        max_per_hour=price,
        coverage_ratio=COVERAGE_RATIO,
        quality="undocumented",
        source_url=url,
        source_version=version,
        source_key=f"{region}/{sku}/linux",
    )
