"""What AWS asks beside compute, per region: internet egress by tier, S3 standard storage by tier."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from connectors.ask import Ask, connector
from connectors.aws_offer_json import OfferJson, Rate, pull_offer, regions_of
from connectors.aws_offers import Offer
from connectors.records import Partition, Rejected, ServicePrice, add_once


@dataclass(frozen=True)
class Service:
    """Which rates of an offer are the price of one service.

    Args:
        accepted: product attribute -> accepted values.
        usage: how the usage type ends.
        units: listed unit, lower case -> our unit.
    """

    offer: Offer
    name: str
    product: str
    accepted: dict[str, tuple[str, ...]]
    usage: str
    units: dict[str, str]


SERVICES = (
    Service(
        Offer("AWSDataTransfer"),
        "internet_egress",
        "internet",
        # "Global" rows are $0; "InterRegion Outbound" to External is S3 multi-region access.
        {"transferType": ("AWS Outbound",), "toLocation": ("External",), "fromLocationType": ("AWS Region",)},
        "DataTransfer-Out-Bytes",
        {"gb": "GB"},
    ),
    Service(
        Offer("AmazonS3"),
        "object_storage",
        "standard",
        {"volumeType": ("Standard",), "locationType": ("AWS Region",)},
        "TimedStorage-ByteHrs",
        {"gb-mo": "GB-month", "gb-month": "GB-month"},
    ),
)


def plan(ask: Ask) -> Sequence[str]:
    """Regions of the setting in which either service is sold."""
    return regions_of(ask, [service.offer for service in SERVICES])


@connector(
    "aws_services",
    record=ServicePrice,
    setting="AWS_PRICE_LIST_URL",
    url="https://pricing.us-east-1.amazonaws.com",
    licence="AWS price list, public; see its disclaimer",
    plan=plan,
)
def aws_services(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition per service; a service that a region does not sell has none."""
    for service in SERVICES:
        settle = partial(service_partition, service)
        yield from pull_offer(ask, service.offer, region, service.name, ServicePrice, settle)


def service_partition(service: Service, offer: OfferJson) -> Partition:
    """The tiers of one service in one region."""
    dropped: Counter[str] = Counter()
    tiers: defaultdict[tuple[float, str], list[Rate]] = defaultdict(list)
    rejected = list(offer.rejected)
    for rate in offer.rates:
        reason = left_out(service, rate)
        problem = unreadable(service, rate)
        if reason:
            dropped[reason] += 1
        elif problem:
            rejected.append(Rejected.of(rate.code, problem, rate.row()))
        else:
            add_once(tiers[float(rate.begin), rate.currency], rate, dropped)
    clashing = [rate for rates in tiers.values() if len(rates) > 1 for rate in rates]
    rejected += [Rejected.of(rate.code, "conflict", rate.row()) for rate in clashing]
    rows = [_record(service, offer, start, rates[0]) for (start, _), rates in sorted(tiers.items()) if len(rates) == 1]
    return Partition.of(
        ServicePrice,
        rows,
        region=offer.file.region,
        kind=service.name,
        rejected=rejected,
        dropped=dropped,
        source_url=offer.file.url,
        source_version=offer.version,
        as_of=offer.published_at.date(),
    )


def left_out(service: Service, rate: Rate) -> str:
    """Why a rate is not this service's, e.g. ``toLocation=External``; "" if it is."""
    for attribute, accepted in service.accepted.items():
        found = rate.attributes.get(attribute, "")
        if found not in accepted:
            return f"{attribute}={found}"
    return "" if rate.attributes.get("usagetype", "").endswith(service.usage) else "another usage type"


def unreadable(service: Service, rate: Rate) -> str:
    """Why a rate of this service cannot be used, or ""; a tier may be free, but not below."""
    if rate.unit.lower() not in service.units:
        return "unknown unit"
    if rate.price is None or rate.price < 0:
        return "unreadable price"
    return "" if rate.begin.isdecimal() else "unreadable tier"


def _record(service: Service, offer: OfferJson, tier_start: float, rate: Rate) -> ServicePrice:
    return ServicePrice(
        provider="aws",
        region=offer.file.region,
        service=service.name,
        product=service.product,
        unit=service.units[rate.unit.lower()],
        tier_start=tier_start,
        currency=rate.currency,
        price=rate.price or Decimal(0),
        quality="list",
        source_url=offer.file.url,
        source_version=offer.version,
        source_key=rate.code,
        published_at=offer.published_at,
    )
