"""What a machine on Azure needs beside compute: managed disks and traffic out, every region in one list each."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import reduce
from operator import or_

from connectors.ask import Ask, connector
from connectors.azure_meters import QUANTUM, amount, moment, out_of_force
from connectors.azure_retail import API_VERSION, CURRENCY, URL, Filter, Item, Retail, Walk, equals
from connectors.azure_settle import CONFLICT, latest
from connectors.drift import Rows, told
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import Partition, Rejected, ServicePrice

MONTH_HOURS = 730  # Azure's own month
P30_GIB = Decimal(1024)


@dataclass(frozen=True)
class Service:
    """How the meter of one service becomes a price per unit and month.

    Args:
        unit_of_measure: what the list prices; another unit is not guessed at.
        factor: units of the list per unit of ours.
        quality: ``formula`` where the unit is not one that Azure sells.
    """

    service: str
    product: str
    unit: str
    unit_of_measure: str
    factor: Decimal = Decimal(1)
    quality: str = "list"


HOURS = Decimal(MONTH_HOURS)
DISK, SSD_V2 = "block_storage", "premium-ssd-v2"
# Meter name -> what it is priced as. A P30 disk also stands for its size, per GB.
DISKS: Mapping[str, tuple[Service, ...]] = {
    f"{size} LRS Disk": (Service(DISK, f"premium-ssd-{size.lower()}", "disk-month", "1/Month"),)
    for size in ("P10", "P20", "P40", "P50")
} | {
    "P30 LRS Disk": (
        Service(DISK, "premium-ssd-p30", "disk-month", "1/Month"),
        Service(DISK, "premium", "GB-month", "1/Month", 1 / P30_GIB, "formula"),
    ),
    "Premium LRS Provisioned Capacity": (Service(DISK, SSD_V2, "GB-month", "1 GiB/Hour", HOURS),),
    "Premium LRS Provisioned IOPS": (Service(DISK, SSD_V2, "IOPS-month", "1/Hour", HOURS),),
    "Premium LRS Provisioned Throughput (MBps)": (Service(DISK, SSD_V2, "MiB/s-month", "1/Hour", HOURS),),
}
# The default routing is Microsoft's network; "Routing Preference: Internet" is another, cheaper product.
EGRESS: Mapping[str, tuple[Service, ...]] = {
    "Standard Data Transfer Out": (Service("internet_egress", "standard", "GB", "1 GB"),),
    "Standard Inter-Region Data Transfer": (Service("inter_region_egress", "standard", "GB", "1 GB"),),
}


def _any(name: str, values: Iterable[str]) -> Filter:
    return reduce(or_, [equals(name, value) for value in values])


STORAGE = equals("serviceName", "Storage")
PREMIUM = equals("productName", "Premium SSD Managed Disks") & _any("meterName", [m for m in DISKS if " Disk" in m])
PREMIUM_V2 = equals("productName", "Azure Premium SSD v2")
DEFAULT_ROUTE = equals("serviceName", "Bandwidth") & equals("productName", "Rtn Preference: MGN")
LISTS: Mapping[str, tuple[tuple[Filter, ...], Mapping[str, tuple[Service, ...]]]] = {
    "disks": ((STORAGE & PREMIUM, STORAGE & PREMIUM_V2), DISKS),
    "egress": ((DEFAULT_ROUTE & _any("meterName", EGRESS),), EGRESS),
}


@connector(
    "azure_services",
    record=ServicePrice,
    setting="AZURE_RETAIL_URL",
    url=URL,
    licence="Microsoft, public list prices (Azure Retail Prices API)",
    plan=lambda _: tuple(LISTS),
)
def azure_services(ask: Ask, region: str) -> Iterator[Partition]:
    """Partitions of one list ("disks" or "egress"), one per region of it, and one of rows that name no region.

    Raises:
        SourceUnavailable: a list is empty: services get renamed.
        SchemaDrift: nothing of it is readable.
    """
    kind, (filters, services) = region, LISTS[region]
    retail, items = Retail.of(ask), list[Item]()
    for number, where in enumerate(filters):
        walk = retail.settled(where, f"{kind}{number}", _long)
        if not walk.items:
            raise SourceUnavailable(f"{ask.url}: no row for {where.text}; is the service renamed?")
        items += walk.rows()
    shares: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        shares[told(item, "armRegionName").lower()].append(item)
    # of no region are those of the whole world, which say so, and what cannot be read
    nameless = [item for item in shares.pop("", []) if item.get("armRegionName") is None]
    rejected = [Rejected.of(told(item, "meterName"), "unreadable: no armRegionName", item) for item in nameless]
    found = [_partition(ask, name, kind, shares[name], services) for name in sorted(shares)]
    if not any(p.rows.num_rows or p.rejected.num_rows for p in found):
        raise SchemaDrift(f"{ask.url}: {kind}: nothing readable")
    if rejected:
        yield Partition.of(ServicePrice, (), region=region, kind=kind, rejected=rejected, source_url=ask.url)
    yield from found


def _long(walk: Walk) -> bool:
    return walk.pages > 1


def _partition(
    ask: Ask, region: str, kind: str, items: Iterable[Item], services: Mapping[str, tuple[Service, ...]]
) -> Partition:
    tiers: dict[tuple[object, ...], list[ServicePrice]] = defaultdict(list)
    rejected: list[Rejected] = []
    dropped: Counter[str] = Counter()
    reader = Rows(ask.url, rejected)
    for item in items:
        with reader.reading(item, f"{region}/{told(item, 'meterName')}"):
            reason = _drop_reason(item, ask, services)
            dropped += Counter({reason: 1} if reason else {})
            for service in () if reason else services[item["meterName"]]:
                price = _price(item, region, service)
                tiers[price.product, price.service, price.unit, price.tier_start].append(price)
    rows = list(_latest(tiers.values(), rejected, dropped))
    return Partition.of(
        ServicePrice,
        rows,
        region=region,
        kind=kind,
        rejected=rejected,
        dropped=dropped,
        source_url=f"{ask.url}/api/retail/prices",
        source_version=hashlib.sha256(repr(rows).encode()).hexdigest()[:16],
        as_of=ask.day,
    )


def _drop_reason(item: Item, ask: Ask, services: Mapping[str, tuple[Service, ...]]) -> str:
    if item["type"] != "Consumption":
        return f"type {item['type']}"
    if item["meterName"] not in services:
        return "other meter"
    return out_of_force(item, ask.day)


def _price(item: Item, region: str, service: Service) -> ServicePrice:
    if (item["unitOfMeasure"], item["currencyCode"]) != (service.unit_of_measure, CURRENCY):
        raise ValueError(f"{service.unit_of_measure} in {CURRENCY} expected")
    return ServicePrice(
        provider="azure",
        region=region,
        service=service.service,
        product=service.product,
        unit=service.unit,
        tier_start=float(amount(item["tierMinimumUnits"])),
        currency=CURRENCY,
        price=(amount(item["retailPrice"]) * service.factor).quantize(QUANTUM),
        quality=service.quality,
        source_url=f"{URL}/api/retail/prices",
        source_version=API_VERSION,
        source_key=f"{item['skuId']}|{item['meterId']}",
        published_at=moment(item["effectiveStartDate"]),
    )


def _latest(
    tiers: Iterable[list[ServicePrice]], rejected: list[Rejected], dropped: Counter[str]
) -> Iterator[ServicePrice]:
    """One price a tier: the latest in force; two different ones are both refused."""
    for rivals in tiers:
        current = latest(rivals)
        dropped += Counter(superseded=len(rivals) - len(current))
        if len({r.price for r in current}) == 1:
            yield current[0]
            continue
        for r in current:
            key = f"{r.region}/{r.product}/{r.unit}/{r.tier_start:g}"
            rejected.append(Rejected.of(key, CONFLICT, {"price": r.price, "row": r.source_key}))
