"""The regional AmazonEC2 CSV as AWS writes it: 5 lines of metadata, 91 columns, every trap in it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from tests.fakes.aws_world import PLACES, TYPES, World, share, sku_of

DISCLAIMER = "This pricing list is for informational purposes only."
# Header of the file of 2025-09-12.
COLUMNS = """\
SKU|OfferTermCode|RateCode|TermType|PriceDescription|EffectiveDate|StartingRange|EndingRange|Unit|PricePerUnit
Currency|RelatedTo|LeaseContractLength|PurchaseOption|OfferingClass|Product Family|serviceCode|Location
Location Type|Instance Type|Current Generation|Instance Family|vCPU|Physical Processor|Clock Speed|Memory
Storage|Network Performance|Processor Architecture|Storage Media|Volume Type|Max Volume Size|Max IOPS/volume
Max IOPS Burst Performance|Max throughput/volume|Provisioned|Tenancy|EBS Optimized|Operating System
License Model|Group|Group Description|Transfer Type|From Location|From Location Type|To Location
To Location Type|usageType|operation|AvailabilityZone|CapacityStatus|ClassicNetworkingSupport
Dedicated EBS Throughput|ECU|Elastic Graphics Type|Enhanced Networking Supported|From Region Code|GPU|GPU Memory
Instance|Instance Capacity - 10xlarge|Instance Capacity - 12xlarge|Instance Capacity - 16xlarge
Instance Capacity - 18xlarge|Instance Capacity - 24xlarge|Instance Capacity - 2xlarge
Instance Capacity - 32xlarge|Instance Capacity - 4xlarge|Instance Capacity - 8xlarge|Instance Capacity - 9xlarge
Instance Capacity - large|Instance Capacity - medium|Instance Capacity - metal|Instance Capacity - xlarge
instanceSKU|Intel AVX2 Available|Intel AVX Available|Intel Turbo Available|MarketOption
Normalization Size Factor|Physical Cores|Pre Installed S/W|Processor Features|Product Type|Region Code
Resource Type|serviceName|SnapshotArchiveFeeType|To Region Code|Volume API Name|VPCNetworkingSupport""".replace(
    "\n", "|"
).split("|")

# variant: usage, operation, operating system, software, license, tenancy, capacity, market
NO_LICENSE = "No License required"
VARIANTS = {
    "linux": ("BoxUsage", "RunInstances", "Linux", "NA", NO_LICENSE, "Shared", "Used", "OnDemand"),
    "windows": ("BoxUsage", "RunInstances:0002", "Windows", "NA", NO_LICENSE, "Shared", "Used", "OnDemand"),
    "windows, infrastructure": (
        *("BoxUsage", "RunInstances:0002:box", "Windows", "NA"),
        *("License Included - Infrastructure", "Shared", "Used", "OnDemand"),
    ),
    "windows, own license": (
        *("BoxUsage", "RunInstances:0800", "Windows", "NA", "Bring your own license", "Shared", "Used", "OnDemand"),
    ),
    "linux, sql standard": (
        *("BoxUsage", "RunInstances:0004", "Linux", "SQL Std", NO_LICENSE, "Shared", "Used", "OnDemand"),
    ),
    "dedicated": ("DedicatedUsage", "RunInstances", "Linux", "NA", NO_LICENSE, "Dedicated", "Used", "OnDemand"),
    "unused reservation": (
        *("UnusedBox", "RunInstances", "Linux", "NA", NO_LICENSE, "Shared", "UnusedCapacityReservation", "OnDemand"),
    ),
    "allocated reservation": (
        *("Reservation", "RunInstances", "Linux", "NA", NO_LICENSE, "Shared"),
        *("AllocatedCapacityReservation", "OnDemand"),
    ),
    "capacity block": (*("BoxUsage", "RunInstances:CB", "Linux", "NA", NO_LICENSE, "Shared", "Used", "CapacityBlock"),),
}
# Windows costs 0.046 and SQL Standard 0.12 more per vCPU and hour; dedicated m5 0.204 against 0.192.
PER_VCPU = {"windows": Decimal("0.046"), "linux, sql standard": Decimal("0.12")}
# offer term code, lease, class, payment, share of on-demand (synthetic)
TERMS = (
    ("4NA7Y494T4", "1yr", "standard", "No Upfront", "0.63"),
    ("HU7G6KETJZ", "1yr", "standard", "Partial Upfront", "0.60"),
    ("6QCMYABX3D", "1yr", "standard", "All Upfront", "0.59"),
    ("BPH4J8HBKS", "3yr", "standard", "No Upfront", "0.43"),
    ("38NPMPTW36", "3yr", "standard", "Partial Upfront", "0.40"),
    ("NQ3QZPMQV9", "3yr", "standard", "All Upfront", "0.38"),
    ("7NE97W5U4E", "1yr", "convertible", "No Upfront", "0.72"),
    ("VJWZNREJX2", "1yr", "convertible", "All Upfront", "0.68"),
    ("MZU6U2429S", "3 yr", "convertible", "All Upfront", "0.49"),
)
# usage type, family, unit, price: gp3 in us-east-1
GP3 = (
    ("EBS:VolumeUsage.gp3", "Storage", "GB-Mo", "0.0800000000"),
    ("EBS:VolumeP-IOPS.gp3", "System Operation", "IOPS-Mo", "0.0050000000"),
    ("EBS:VolumeP-Throughput.gp3", "Provisioned Throughput", "GiBps-mo", "40.9600000000"),
)
Row = dict[str, str]


def csv_text(
    rows: list[Row], version: str, published_at: str, columns: list[str] = COLUMNS, offer: str = "AmazonEC2"
) -> str:
    """The file: values quoted, empty ones bare, as AWS writes it."""
    head = {
        "FormatVersion": "v1.0",
        "Disclaimer": DISCLAIMER,
        "Publication Date": published_at,
        "Version": version,
        "OfferCode": offer,
    }
    lines = [f'"{key}","{value}"' for key, value in head.items()]
    lines.append(",".join(f'"{c}"' for c in columns))
    lines += [",".join(f'"{row[c]}"' if row.get(c) else "" for c in columns) for row in rows]
    return "\n".join(lines) + "\n"


def region_rows(world: World, region: str) -> list[Row]:
    """All rows of one region's file."""
    rows = [free_tier()]
    for sku, price in world.on_demand[region].items():
        for variant in VARIANTS:
            if variant != "capacity block" or TYPES[sku].capacity_block:
                rows += variant_rows(region, sku, price, variant)
    return rows + [gp3_row(region, *disk) for disk in GP3]


def variant_rows(region: str, sku: str, price: str, variant: str) -> Iterator[Row]:
    """The on-demand row of one product and, for plain Linux, its reserved terms."""
    product = product_row(region, sku, variant)
    listed = {
        "dedicated": share(price, "1.0625"),
        "allocated reservation": "0.0000000000",
        "capacity block": "0.0000000000",
    }.get(variant) or str(Decimal(price) + PER_VCPU.get(variant, Decimal(0)) * TYPES[sku].vcpu)
    yield product | rate(product["SKU"], "JRTCKXETXF", "6YS6EN2CT7", "Hrs", listed)
    if variant != "linux":
        return
    for code, lease, offering, payment, ratio in TERMS:
        term = {"LeaseContractLength": lease, "OfferingClass": offering, "PurchaseOption": payment}
        paid_ahead = {"No Upfront": "0", "Partial Upfront": "0.5", "All Upfront": "1"}[payment]
        hourly = share(price, str(Decimal(ratio) * (1 - Decimal(paid_ahead))))
        upfront = share(price, str(Decimal(ratio) * Decimal(paid_ahead) * 8760 * int(lease[0])), "1")
        yield product | term | rate(product["SKU"], code, "6YS6EN2CT7", "Hrs", hourly)
        if payment != "No Upfront":
            yield product | term | rate(product["SKU"], code, "2TG2D8R56U", "Quantity", upfront)


def product_row(region: str, sku: str, variant: str) -> Row:
    """The product columns of one variant of one instance type."""
    place, kind = PLACES[region], TYPES[sku]
    usage, operation, system, software, license_model, tenancy, capacity, market = VARIANTS[variant]
    return {
        "SKU": sku_of(region, sku, variant),
        "Currency": "CNY" if region.startswith("cn-") else "USD",
        "Product Family": "Compute Instance (bare metal)" if sku.endswith(".metal") else "Compute Instance",
        "serviceCode": "AmazonEC2",
        "Location": place.location,
        "Location Type": place.location_type,
        "Instance Type": sku,
        "Current Generation": "Yes",
        "Instance Family": kind.family,
        "vCPU": str(kind.vcpu),
        "Memory": kind.memory,
        "Tenancy": tenancy,
        "Operating System": system,
        "License Model": license_model,
        "usageType": f"{place.prefix}{usage}:{sku}",
        "operation": operation,
        "CapacityStatus": capacity,
        "GPU": str(kind.gpu or ""),
        "instanceSKU": sku_of(region, sku, "linux") if "reservation" in variant else "",
        "MarketOption": market,
        "Pre Installed S/W": software,
        "Region Code": region,
        "serviceName": "Amazon Elastic Compute Cloud",
    }


def rate(sku: str, term: str, code: str, unit: str, price: str) -> Row:
    """The price columns of one dimension; upfront fees have no range."""
    hourly = unit != "Quantity"
    return {
        "OfferTermCode": term,
        "RateCode": f"{sku}.{term}.{code}",
        "TermType": "OnDemand" if term == "JRTCKXETXF" else "Reserved",
        "PriceDescription": f"{price} per {unit}" if hourly else "Upfront Fee",
        "EffectiveDate": "2026-09-01",
        "StartingRange": "0" if hourly else "",
        "EndingRange": "Inf" if hourly else "",
        "Unit": unit,
        "PricePerUnit": price,
    }


def gp3_row(region: str, usage: str, family: str, unit: str, price: str) -> Row:
    """One dimension of a gp3 disk."""
    place = PLACES[region]
    sku = sku_of(region, "gp3", usage)
    return rate(sku, "JRTCKXETXF", "6YS6EN2CT7", unit, price) | {
        "SKU": sku,
        "Currency": "CNY" if region.startswith("cn-") else "USD",
        "Product Family": family,
        "Location": place.location,
        "Location Type": place.location_type,
        "usageType": place.prefix + usage,
        "Region Code": region,
        "Volume API Name": "gp3",
    }


def free_tier() -> Row:
    """750 hours a month at $0: in every regional file, without type or region."""
    return rate("R3WPVNCD34N9W7UV", "A429C66SYZ", "FREE", "Hrs", "0.0000000000") | {
        "SKU": "R3WPVNCD34N9W7UV",
        "TermType": "OnDemand",
        "EndingRange": "750",
        "Currency": "USD",
        "Product Family": "Compute Instance",
        "Location": "Any",
        "Operating System": "Linux",
        "Tenancy": "Shared",
    }
