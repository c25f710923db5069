"""The AWS that the fakes serve: regions, instance types and prices in small tables.

Real values, AWS price list version 20260910195514: the us-east-1, us-west-2 and eu-west-1 on-demand
prices of p4d, p5.48xlarge, trn1, g6, g5, inf2 and m5, and the SKUs in SKUS. From public catalogues of
2025-12 to 2026-08: the other on-demand prices. Synthetic: reserved terms, savings plan rates, spot,
capacity-block fees, SKUs that begin with SYNTH, the Atlanta and China rows.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import NamedTuple, Self


class Place(NamedTuple):
    """A region or zone of the price list; `prefix` opens its usage types."""

    location: str
    prefix: str
    location_type: str = "AWS Region"


class Kind(NamedTuple):
    """An instance type as the price list describes it."""

    vcpu: int
    memory: str
    family: str
    gpu: int | None
    capacity_block: bool = False


PLACES = {
    "us-east-1": Place("US East (N. Virginia)", ""),
    "us-west-2": Place("US West (Oregon)", "USW2-"),
    "eu-central-1": Place("EU (Frankfurt)", "EUC1-"),
    "eu-west-1": Place("EU (Ireland)", "EU-"),
    "us-east-1-atl-1": Place("US East (Atlanta)", "ATL1-", "AWS Local Zone"),
    "us-gov-west-1": Place("AWS GovCloud (US-West)", "UGW1-"),
    "cn-north-1": Place("China (Beijing)", "CNN1-"),
}
TYPES = {
    "p4d.24xlarge": Kind(96, "1152 GiB", "GPU instance", 8, capacity_block=True),
    "p4de.24xlarge": Kind(96, "1152 GiB", "GPU instance", 8),
    "p5.4xlarge": Kind(16, "256 GiB", "GPU instance", 1, capacity_block=True),
    "p5.48xlarge": Kind(192, "2048 GiB", "GPU instance", 8, capacity_block=True),
    "p5en.48xlarge": Kind(192, "2048 GiB", "GPU instance", 8, capacity_block=True),
    "p6-b200.48xlarge": Kind(192, "2048 GiB", "GPU instance", 8, capacity_block=True),
    "p6-b300.48xlarge": Kind(192, "4096 GiB", "GPU instance", 8, capacity_block=True),
    "g5.2xlarge": Kind(8, "32 GiB", "GPU instance", 1),
    "g6.xlarge": Kind(4, "16 GiB", "GPU instance", 1),
    "g4dn.metal": Kind(96, "384 GiB", "GPU instance", 8),
    "inf2.xlarge": Kind(4, "16 GiB", "Machine Learning ASIC Instances", 1),
    "trn1.32xlarge": Kind(128, "512 GiB", "Machine Learning ASIC Instances", 16, capacity_block=True),
    "m5.xlarge": Kind(4, "16 GiB", "General purpose", None),
}
ON_DEMAND = {
    "us-east-1": {
        "p4d.24xlarge": "21.9576420000",
        "p4de.24xlarge": "27.4470500000",
        "p5.4xlarge": "6.8800000000",
        "p5.48xlarge": "55.0400000000",
        "p5en.48xlarge": "63.2960000000",
        "p6-b200.48xlarge": "113.9328000000",
        "g5.2xlarge": "1.2120000000",
        "g6.xlarge": "0.8048000000",
        "g4dn.metal": "7.8240000000",
        "inf2.xlarge": "0.7582000000",
        "trn1.32xlarge": "21.5000000000",
        "m5.xlarge": "0.1920000000",
    },
    "us-west-2": {"p4d.24xlarge": "21.9576400000", "p6-b300.48xlarge": "142.4160000000"},
    "eu-central-1": {"p4d.24xlarge": "27.4329800000"},
    "eu-west-1": {"p4d.24xlarge": "23.7156900000", "inf2.xlarge": "0.9477500000"},
    "us-east-1-atl-1": {"p5.48xlarge": "60.5440000000"},
    "us-gov-west-1": {"p5.48xlarge": "66.0480000000"},
    "cn-north-1": {"g5.2xlarge": "11.4350000000"},
}
SKUS = {
    ("us-east-1", "p5.48xlarge", "linux"): "3D4V8UAYEMB38GU2",
    ("us-east-1", "p5.48xlarge", "capacity block"): "5Q7AP3RH7KTVUNCJ",
    ("us-east-1", "p4d.24xlarge", "linux"): "H7NGEAC6UEHNTKSJ",
    ("us-east-1", "trn1.32xlarge", "linux"): "WVVQPJVCQU4SR8XF",
    ("us-east-1", "m5.xlarge", "linux"): "5G4TA8Z4MUKE6MJB",
    ("us-east-1", "m5.xlarge", "windows"): "HXGQ45BFM9J2FJ3F",
    ("us-east-1", "m5.xlarge", "windows, infrastructure"): "AWJMJ73C9RDQFD5N",
    ("us-east-1", "m5.xlarge", "windows, own license"): "8AW2DYRV3M9N5RRZ",
    ("us-east-1", "m5.xlarge", "linux, sql standard"): "EHFDZFP2EH9BD4DX",
    ("us-east-1", "m5.xlarge", "dedicated"): "AN9HBCS6XCP64Z83",
    ("us-east-1", "m5.xlarge", "unused reservation"): "E9RWRGDUV5X76FUB",
}


def sku_of(region: str, sku: str, variant: str) -> str:
    """The real SKU where it is recorded, else a synthetic one that never changes."""
    made = "SYNTH" + hashlib.sha256(f"{region}/{sku}/{variant}".encode()).hexdigest()[:11].upper()
    return SKUS.get((region, sku, variant), made)


def moment(version: str) -> str:
    """The time in a version: 20260910195514 -> 2026-09-10T19:55:14Z."""
    v = version
    return f"{v[:4]}-{v[4:6]}-{v[6:8]}T{v[8:10]}:{v[10:12]}:{v[12:]}Z"


@dataclass(frozen=True)
class World:
    """What AWS sells on one day: (region, type) -> on-demand price per hour."""

    version: str = "20260910195514"
    plans_version: str = "20260906182900"
    on_demand: dict[str, dict[str, str]] = field(default_factory=lambda: ON_DEMAND)

    @property
    def published_at(self) -> str:
        return moment(self.version)

    def regions(self, *, china: bool = False) -> list[str]:
        return sorted(r for r in self.on_demand if r.startswith("cn-") == china)

    def republished(self, version: str, region: str = "", sku: str = "", price: str = "") -> Self:
        """The next version, with one price changed or none."""
        on_demand = {r: dict(prices) for r, prices in self.on_demand.items()}
        if sku:
            on_demand[region][sku] = price
        return replace(self, version=version, on_demand=on_demand)


def share(price: str, ratio: str, digits: str = "0.0000000001") -> str:
    """A synthetic price: `ratio` of a listed one."""
    return str((Decimal(price) * Decimal(ratio)).quantize(Decimal(digits)))
