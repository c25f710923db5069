"""What AWS itself says of its instance types, and in which zones each is offered (needs credentials)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.ask import Ask, connector
from connectors.aws_session import client, enabled_regions, listed
from connectors.drift import Rows, told
from connectors.records import InstanceSpec, Partition, Rejected

KIND = "instance_spec"
MIB_PER_GIB = 1024
# Where an answer holds accelerators; Inferentia stands in two of them, so the first found counts.
DEVICES = (
    ("GpuInfo", "Gpus"),
    ("NeuronInfo", "NeuronDevices"),
    ("InferenceAcceleratorInfo", "Accelerators"),
)


@dataclass(frozen=True)
class Devices:
    """The accelerators of one instance; `count` is 0.125 where an eighth of one GPU is sold."""

    name: str
    count: float
    memory_gib: float | None  # of one whole or partial device, as the instance sees it


@connector(
    "aws_instances",
    record=InstanceSpec,
    licence="Amazon EC2 API, under the caller's AWS agreement",
    plan=enabled_regions,
)
def aws_instances(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: the types of one region, offered or not."""
    api = client(ask, "ec2", region)
    types = listed(api, "describe_instance_types", "InstanceTypes")
    offerings = listed(
        api, "describe_instance_type_offerings", "InstanceTypeOfferings", LocationType="availability-zone"
    )
    yield spec_partition(ask, region, types, offerings, api.meta.endpoint_url)


def spec_partition(
    ask: Ask, region: str, types: Sequence[Mapping[str, Any]], offerings: Sequence[Mapping[str, Any]], url: str
) -> Partition:
    """Types with their devices, and the zones that offer them."""
    zones: defaultdict[str, set[str]] = defaultdict(set)
    rejected: list[Rejected] = []
    offered, described = Rows(url, rejected), Rows(url, rejected)
    for offering in offerings:
        with offered.reading(offering, f"{region}/{told(offering, 'InstanceType')}"):
            zones[offering["InstanceType"]].add(offering["Location"])
    dropped: Counter[str] = Counter()
    rows: list[InstanceSpec] = []
    for kind in sorted(types, key=lambda t: told(t, "InstanceType")):
        with described.reading(kind, f"{region}/{told(kind, 'InstanceType')}"):
            devices = devices_of(kind)
            if ask.scope == "accelerated" and not devices and kind["InstanceType"] not in ask.skus.get("aws", ()):
                dropped["not accelerated"] += 1
            else:
                rows.append(_record(region, kind, devices, zones[kind["InstanceType"]], url))
    offered.check()
    described.check()
    return Partition.of(
        InstanceSpec,
        rows,
        region=region,
        kind=KIND,
        rejected=rejected,
        dropped=dropped,
        source_url=url,
        as_of=ask.day,
    )


def devices_of(kind: Mapping[str, Any]) -> Devices | None:
    """The accelerators of an instance type, or None."""
    for info, key in DEVICES:
        for device in (kind.get(info) or {}).get(key, ())[:1]:
            # A partial GPU has Count 0; a whole one may lack the logical count.
            logical = device.get("LogicalGpuCount", 0) * device.get("GpuPartitionSize", 1.0)
            memory = device.get("MemoryInfo", {}).get("SizeInMiB")
            maker, name = device.get("Manufacturer", "AWS"), device["Name"]
            name = name if name.startswith(maker) else f"{maker} {name}"
            return Devices(name, float(logical or device["Count"]), memory / MIB_PER_GIB if memory else None)
    return None


def _record(region: str, kind: Mapping[str, Any], devices: Devices | None, zones: set[str], url: str) -> InstanceSpec:
    return InstanceSpec(
        provider="aws",
        region=region,
        sku=kind["InstanceType"],
        vcpu=float(kind["VCpuInfo"]["DefaultVCpus"]),
        memory_gib=kind["MemoryInfo"]["SizeInMiB"] / MIB_PER_GIB,
        accelerator_name=devices.name if devices else None,
        accelerators=devices.count if devices else None,
        accelerator_memory_gib=devices.memory_gib if devices else None,
        zones=",".join(sorted(zones)),
        available=bool(zones),
        unavailable_reason=None if zones else f"no zone of {region} offers it",
        interruption_band=None,
        source_url=url,
        source_key=kind["InstanceType"],
    )
