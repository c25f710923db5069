"""Which accelerators an instance type of AWS or Azure holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from tests.seed_tables import facts, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

NODE = {(row["provider"], row["sku"]): row for row in rows("node_type")}
MIB_PER_GIB = 1024
# The EC2 API gives 512 GiB per Trainium2; the chip has 96.
WRONG_MEMORY_IN_EC2 = {"trn2"}


@pytest.fixture(scope="module")
def ec2_types() -> dict[str, dict[str, Any]]:
    """What EC2 DescribeInstanceTypes says of types with accelerators; moto replays the real answer."""
    with mock_aws():
        types = boto3.Session("test", "test", region_name="us-east-1").client("ec2").describe_instance_types()
    return {kind["InstanceType"]: kind for kind in types["InstanceTypes"] if list(devices(kind))}


def devices(kind: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Accelerators of an EC2 type: GPUs, Neuron devices, or those of an older inference type."""
    gpus = kind.get("GpuInfo", {}).get("Gpus", [])
    neuron = kind.get("NeuronInfo", {}).get("NeuronDevices", [])
    yield from gpus or neuron or kind.get("InferenceAcceleratorInfo", {}).get("Accelerators", [])


def test_every_accelerated_ec2_type_is_mapped(ec2_types: dict[str, dict[str, Any]]) -> None:
    assert len(ec2_types) > 70
    assert {sku for sku in ec2_types if ("aws", sku) not in NODE} == set()


def test_counts_agree_with_ec2(ec2_types: dict[str, dict[str, Any]]) -> None:
    for sku, kind in ec2_types.items():
        row, (device,) = NODE["aws", sku], devices(kind)
        assert int(row["accelerators"]) == device.get("LogicalGpuCount", device["Count"]), sku
        assert float(row["accelerator_fraction"]) == device.get("GpuPartitionSize", 1), sku
        assert int(row["vcpu"]) == kind["VCpuInfo"]["DefaultVCpus"], sku
        assert float(row["memory_gib"]) == kind["MemoryInfo"]["SizeInMiB"] / MIB_PER_GIB, sku


def test_the_mapped_accelerator_has_about_the_memory_that_ec2_reports(ec2_types: dict[str, dict[str, Any]]) -> None:
    for sku, kind in ec2_types.items():
        row, (device,) = NODE["aws", sku], devices(kind)
        if row["accelerator"] in WRONG_MEMORY_IN_EC2:
            continue
        memory_gib = device["MemoryInfo"]["SizeInMiB"] / MIB_PER_GIB / float(row["accelerator_fraction"])
        assert facts("accelerator_fact")[row["accelerator"], "memory_gb"] == pytest.approx(memory_gib, rel=0.08), sku


@pytest.mark.parametrize(
    ("sku", "accelerator", "count", "fraction"),
    [
        ("Standard_ND96asr_v4", "a100-sxm-40", 8, 1),
        ("Standard_ND96amsr_A100_v4", "a100-sxm-80", 8, 1),
        ("Standard_ND96isr_H100_v5", "h100-sxm", 8, 1),
        ("Standard_ND96isr_H200_v5", "h200-sxm", 8, 1),
        ("Standard_NC80adis_H100_v5", "h100-nvl", 2, 1),
        ("Standard_NC96ads_A100_v4", "a100-pcie-80", 4, 1),
        ("Standard_ND96isr_MI300X_v5", "mi300x", 8, 1),
        ("Standard_ND128isr_NDR_GB200_v6", "gb200", 4, 1),
        ("Standard_NC288ds_xl_RTXPRO6000BSE_v6", "rtx-pro-6000-se", 2, 1),
        ("Standard_NV18ads_A10_v5", "a10", 1, 0.5),
        ("Standard_NC64as_T4_v3", "t4", 4, 1),
    ],
)
def test_azure_sizes_hold_what_their_pages_say(sku: str, accelerator: str, count: int, fraction: float) -> None:
    row = NODE["azure", sku]
    assert row["accelerator"] == accelerator
    assert (int(row["accelerators"]), float(row["accelerator_fraction"])) == (count, fraction)


@pytest.mark.parametrize(
    ("provider", "sku", "gbit_s"),
    [
        ("aws", "p5.48xlarge", "3200"),
        ("aws", "p4d.24xlarge", "400"),
        ("aws", "trn1.32xlarge", "800"),
        ("azure", "Standard_ND96isr_H100_v5", "3200"),
        ("aws", "g6.xlarge", ""),  # "up to 10 Gigabit" promises nothing
    ],
)
def test_scale_out_is_what_is_guaranteed(provider: str, sku: str, gbit_s: str) -> None:
    assert NODE[provider, sku]["scale_out_gbit_s"] == gbit_s


def test_a_node_with_part_of_an_accelerator_holds_one() -> None:
    for (_, sku), row in NODE.items():
        fraction = float(row["accelerator_fraction"])
        assert 0 < fraction <= 1, sku
        assert fraction == 1 or row["accelerators"] == "1", sku


def test_retired_sizes_are_known_but_not_deployable() -> None:
    for sku in ("Standard_NC6s_v3", "Standard_NV12s_v3", "Standard_NV32as_v4"):
        assert NODE["azure", sku]["deployable"] == "false"
    assert NODE["aws", "p3.16xlarge"]["deployable"] == "false"
    assert NODE["aws", "p5.48xlarge"]["deployable"] == "true"
