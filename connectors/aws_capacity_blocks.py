"""What AWS quotes for capacity blocks of 1 and 7 days per region (needs credentials).

The price list shows them at $0: the fee is dynamic, quoted per offer and paid whole at purchase.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from operator import itemgetter
from typing import Any

from connectors.ask import Ask, connector
from connectors.aws_offer_json import decimal
from connectors.aws_session import client, enabled_regions, listed
from connectors.drift import Rows, told
from connectors.errors import SourceUnavailable
from connectors.records import InstancePrice, Partition, Rejected

KIND = "capacity_block"
OPTIONS = {24: "capacity_block_1d", 168: "capacity_block_7d"}  # hours -> purchase option
BLOCK_FAMILY = re.compile(r"(p|trn)\d")  # a type of them that is no block answers with one of NOT_SOLD
NOT_SOLD = ("InvalidParameterValue", "InvalidInstanceType", "Unsupported")
QUANTUM = Decimal("1e-10")
HORIZON = timedelta(days=28)  # how far ahead a block may start
# Asked for one node (the API takes up to 64): where one is to be had, many may be sold out, and there is no price.
# A larger fleet is priced at this quote, never ranked by it: flows.costing says capacity_unknown.
NODES = 1


@connector(
    "aws_capacity_blocks",
    record=InstancePrice,
    licence="Amazon EC2 API, under the caller's AWS agreement",
    plan=enabled_regions,
)
def aws_capacity_blocks(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: for each type and length the block that starts first."""
    api = client(ask, "ec2", region)
    dropped: Counter[str] = Counter()
    offers: list[Mapping[str, Any]] = []
    for sku in block_types(ask):
        for hours in OPTIONS:
            found = offers_of(api, ask, sku, hours)
            dropped["not sold as a block"] += found is None
            offers += found or ()
    yield block_partition(ask, region, offers, dropped, api.meta.endpoint_url)


def block_types(ask: Ask) -> Sequence[str]:
    """Accelerated types of the families that AWS sells as blocks: p5.48xlarge, trn2.48xlarge."""
    return sorted(filter(BLOCK_FAMILY.match, ask.skus.get("aws", ())))


def offers_of(api: Any, ask: Ask, sku: str, hours: int) -> Sequence[Mapping[str, Any]] | None:
    """Offers of one type and length, or None where AWS does not sell it as a block here."""
    start = datetime.combine(ask.day, time(), UTC)
    try:
        return listed(
            api,
            "describe_capacity_block_offerings",
            "CapacityBlockOfferings",
            InstanceType=sku,
            InstanceCount=NODES,
            CapacityDurationHours=hours,
            StartDateRange=start,
            EndDateRange=start + HORIZON,
        )
    except SourceUnavailable as refused:
        if any(code in str(refused) for code in NOT_SOLD):
            return None
        raise


def block_partition(
    ask: Ask, region: str, offers: Sequence[Mapping[str, Any]], dropped: Counter[str], url: str
) -> Partition:
    """The first block of each type and length; hourly = fee / (instances x hours)."""
    rejected: list[Rejected] = []
    blocks: defaultdict[tuple[str, int], list[tuple[datetime, str, InstancePrice]]] = defaultdict(list)
    rows = Rows(url, rejected)
    for offer in offers:
        key = f"{told(offer, 'InstanceType')}/{told(offer, 'CapacityBlockOfferingId')}"
        with rows.reading(offer, key):
            sku, hours, fee = offer["InstanceType"], offer["CapacityBlockDurationHours"], decimal(offer["UpfrontFee"])
            if hours not in OPTIONS or offer.get("CapacityBlockDurationMinutes"):
                dropped["another length"] += 1
            elif fee is None or fee <= 0 or offer["InstanceCount"] < 1:
                rejected.append(Rejected.of(key, "unreadable fee", offer))
            else:
                start, name = offer["StartDate"], offer["CapacityBlockOfferingId"]
                blocks[sku, hours].append((start, name, _record(region, offer, url)))
    rows.check()
    dropped["starts later"] += sum(len(found) - 1 for found in blocks.values())
    return Partition.of(
        InstancePrice,
        [min(blocks[key], key=itemgetter(0, 1))[2] for key in sorted(blocks)],
        region=region,
        kind=KIND,
        rejected=rejected,
        dropped=+dropped,
        source_url=url,
        as_of=ask.day,
    )


def _record(region: str, offer: Mapping[str, Any], url: str) -> InstancePrice:
    fee = Decimal(offer["UpfrontFee"]) / offer["InstanceCount"]
    hours = offer["CapacityBlockDurationHours"]
    return InstancePrice(
        provider="aws",
        region=region,
        zone="",  # the zone of the first block changes from night to night
        location_type="region",
        sku=offer["InstanceType"],
        operating_system="Linux",
        purchase_option=OPTIONS[hours],
        currency=offer["CurrencyCode"],
        price_per_hour=(fee / hours).quantize(QUANTUM),
        list_per_hour=Decimal(0),
        upfront=fee.quantize(QUANTUM),
        term_hours=hours,
        quality="quoted",
        source_url=url,
        source_version="",
        source_key=f"{offer['CapacityBlockOfferingId']}/{offer['AvailabilityZone']}/{offer['StartDate']:%Y-%m-%d}",
        published_at=None,
    )
