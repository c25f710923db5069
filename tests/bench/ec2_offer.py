"""A regional AmazonEC2 CSV of real size: every instance type, every variant, every term.

python -m tests.bench.ec2_offer out.csv --types 600     # 497,400 rows, about 360 MB

Layout and traps as in tests/fakes/aws_ec2_csv.py; the types are moto's copy of AWS's list, with their
vCPU, memory and GPUs. Prices are made up from those.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.fakes.aws_ec2_csv import COLUMNS, DISCLAIMER

VERSION, PUBLISHED = "20250912225308", "2025-09-12T22:53:08Z"
# operating system, software, license, operation, share of the Linux price
SYSTEMS = (
    ("Linux", "NA", "No License required", "RunInstances", 1.0),
    ("Linux", "SQL Std", "No License required", "RunInstances:0004", 1.9),
    ("Linux", "SQL Ent", "No License required", "RunInstances:0100", 3.6),
    ("Linux", "SQL Web", "No License required", "RunInstances:0200", 1.2),
    ("Windows", "NA", "No License required", "RunInstances:0002", 1.9),
    ("Windows", "NA", "Bring your own license", "RunInstances:0800", 1.0),
    ("Windows", "SQL Std", "No License required", "RunInstances:0006", 2.8),
    ("Windows", "SQL Ent", "No License required", "RunInstances:0102", 4.5),
    ("Windows", "SQL Web", "No License required", "RunInstances:0202", 2.1),
    ("RHEL", "NA", "No License required", "RunInstances:0010", 1.3),
    ("RHEL", "SQL Std", "No License required", "RunInstances:0014", 2.2),
    ("RHEL", "SQL Ent", "No License required", "RunInstances:0110", 3.9),
    ("RHEL", "SQL Web", "No License required", "RunInstances:0210", 1.5),
    ("Red Hat Enterprise Linux with HA", "NA", "No License required", "RunInstances:1010", 1.35),
    ("Red Hat Enterprise Linux with HA", "SQL Std", "No License required", "RunInstances:1014", 2.3),
    ("Red Hat Enterprise Linux with HA", "SQL Ent", "No License required", "RunInstances:1110", 4.0),
    ("SUSE", "NA", "No License required", "RunInstances:000g", 1.2),
    ("Ubuntu Pro", "NA", "No License required", "RunInstances:0g00", 1.05),
)
USAGE = {
    ("Shared", "Used"): "BoxUsage",
    ("Shared", "AllocatedCapacityReservation"): "Reservation",
    ("Shared", "UnusedCapacityReservation"): "UnusedBox",
    ("Dedicated", "Used"): "DedicatedUsage",
    ("Dedicated", "AllocatedCapacityReservation"): "DedicatedRes",
    ("Dedicated", "UnusedCapacityReservation"): "UnusedDed",
    ("Host", "Used"): "HostBoxUsage",
}
LEASES = (("1yr", 8760), ("3yr", 26280))
CLASSES = (("standard", 0.0), ("convertible", 0.09))
PAYMENTS = (("No Upfront", 0.0), ("Partial Upfront", 0.5), ("All Upfront", 1.0))
HEAD = 15  # columns before "Product Family": those of the price


@dataclass(frozen=True)
class Product:
    """One SKU: its own columns as ready CSV text, and its on-demand price."""

    sku: str
    tail: str
    usd_per_hour: float
    has_terms: bool


def aws_types() -> list[dict[str, Any]]:
    """moto's copy of DescribeInstanceTypes, those with a GPU first."""
    spec = importlib.util.find_spec("moto")
    folder = Path(spec.origin or "").parent if spec else Path()
    types = json.loads(gzip.decompress((folder / "ec2/resources/instance_types.json.gz").read_bytes()))
    return sorted(types.values(), key=lambda t: ("GpuInfo" not in t, t["InstanceType"]))


def gpus(kind: dict[str, Any]) -> int:
    return sum(int(g.get("Count", 0)) for g in kind.get("GpuInfo", {}).get("Gpus", ()))


def products(kind: dict[str, Any], region: str, serial: Iterator[int]) -> Iterator[Product]:
    """All SKUs of one instance type."""
    vcpu, gib = kind["VCpuInfo"]["DefaultVCpus"], kind["MemoryInfo"]["SizeInMiB"] / 1024
    base = vcpu * 0.031 + gib * 0.0036 + gpus(kind) * 2.6
    for (tenancy, capacity), usage in USAGE.items():
        for system, software, license_model, operation, factor in SYSTEMS[: 1 if tenancy == "Host" else None]:
            row = {
                "Product Family": "Compute Instance",
                "serviceCode": "AmazonEC2",
                "Location": "US East (N. Virginia)",
                "Location Type": "AWS Region",
                "Instance Type": kind["InstanceType"],
                "Current Generation": "Yes",
                "Instance Family": "GPU instance" if gpus(kind) else "General purpose",
                "vCPU": str(vcpu),
                "Physical Processor": "Intel Xeon 8375C (Ice Lake)",
                "Clock Speed": "3.5 GHz",
                "Memory": f"{gib:g} GiB",
                "Storage": "EBS only",
                "Network Performance": "Up to 12500 Megabit",
                "Processor Architecture": "64-bit",
                "Tenancy": tenancy,
                "Operating System": system,
                "License Model": license_model,
                "usageType": f"{usage}:{kind['InstanceType']}",
                "operation": operation,
                "AvailabilityZone": "NA",
                "CapacityStatus": capacity,
                "ClassicNetworkingSupport": "false",
                "Dedicated EBS Throughput": "Up to 10000 Mbps",
                "ECU": "NA",
                "Enhanced Networking Supported": "Yes",
                "GPU": str(gpus(kind) or ""),
                "GPU Memory": "NA",
                "Intel AVX2 Available": "Yes",
                "Intel AVX Available": "Yes",
                "Intel Turbo Available": "Yes",
                "MarketOption": "OnDemand",
                "Normalization Size Factor": "4",
                "Pre Installed S/W": software,
                "Processor Features": "Intel AVX; Intel AVX2; Intel AVX512; Intel Turbo",
                "Region Code": region,
                "serviceName": "Amazon Elastic Compute Cloud",
                "VPCNetworkingSupport": "true",
            }
            tail = ",".join(f'"{row[c]}"' if row.get(c) else "" for c in COLUMNS[HEAD:])
            price = 0.0 if capacity.startswith("Allocated") else base * factor * (1.06 if tenancy == "Dedicated" else 1)
            yield Product(f"S{next(serial):015X}", tail, price, capacity == "Used" and tenancy != "Host")


def lines(product: Product) -> Iterator[str]:
    """The CSV rows of one SKU: on-demand, then its twelve terms in twenty rows."""
    sku, tail = product.sku, product.tail
    yield (
        f'"{sku}","JRTCKXETXF","{sku}.JRTCKXETXF.6YS6EN2CT7","OnDemand","per On Demand Instance Hour","2025-09-01",'
        f'"0","Inf","Hrs","{product.usd_per_hour:.10f}","USD",,,,,{tail}\n'
    )
    if not product.has_terms:
        return
    terms = itertools.product(LEASES, CLASSES, PAYMENTS)
    for number, ((lease, hours), (offering, dearer), (payment, ahead)) in enumerate(terms):
        usd = product.usd_per_hour * ((0.63 if lease == "1yr" else 0.43) + dearer - 0.03 * ahead)
        key, attributes = f"{sku}.TERM{number:06d}", f'"USD",,"{lease}","{payment}","{offering}",{tail}\n'
        yield (
            f'"{sku}","TERM{number:06d}","{key}.6YS6EN2CT7","Reserved","reserved instance applied","2025-09-12",'
            f'"0","Inf","Hrs","{usd * (1 - ahead):.10f}",{attributes}'
        )
        if ahead:
            yield (
                f'"{sku}","TERM{number:06d}","{key}.2TG2D8R56U","Reserved","Upfront Fee","2025-09-12",'
                f',,"Quantity","{usd * ahead * hours:.0f}",{attributes}'
            )


def write(path: Path, *, types: int = 600, region: str = "us-east-1", version: str = VERSION) -> int:
    """Write the file; return its number of rows."""
    serial, rows = itertools.count(), 0
    with path.open("w") as file:
        file.write(f'"FormatVersion","v1.0"\n"Disclaimer","{DISCLAIMER}"\n"Publication Date","{PUBLISHED}"\n')
        file.write(f'"Version","{version}"\n"OfferCode","AmazonEC2"\n')
        file.write(",".join(f'"{c}"' for c in COLUMNS) + "\n")
        for kind in aws_types()[:types]:
            for product in products(kind, region, serial):
                text = list(lines(product))
                file.writelines(text)
                rows += len(text)
    return rows


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.ec2_offer", description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--types", type=int, default=600)
    parser.add_argument("--region", default="us-east-1")
    given = parser.parse_args()
    print(write(given.path, types=given.types, region=given.region), "rows")  # noqa: T201 a command's answer
