"""Instance types from moto's copy of AWS's own data: devices, fractions, zones."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from connectors.aws_instances import aws_instances, devices_of, spec_partition
from connectors.aws_query_prices import aws_query_prices
from connectors.errors import MissingCredentials
from connectors.records import InstanceSpec, schema_of
from connectors.web import Web
from tests.connectors.aws import FIXTURES, ask_of, prices_of, pull_all, rows_of, signed, unsigned
from tests.fakes import aws_ec2_api, aws_pricing_api
from tests.fakes.server import Server


def types() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FIXTURES / "aws_instances.json").read_text())["InstanceTypes"]
    return found


@pytest.fixture
def moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials, and an address check that moto's patched hosts pass."""
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "fake")
    monkeypatch.setattr(Web, "probe", lambda _self, _urls: {})


@pytest.mark.parametrize(
    ("sku", "name", "count", "memory_gib"),
    [
        ("p5.48xlarge", "NVIDIA H100", 8, 80),
        ("g6f.large", "NVIDIA L4", 0.125, 2861 / 1024),
        ("inf2.xlarge", "AWS Inferentia2", 1, 32),
        ("trn1.32xlarge", "AWS Trainium", 16, 32),
        ("dl2q.24xlarge", "Qualcomm AI100", 8, 16000 / 1024),
    ],
)
def test_devices_of_every_kind(sku: str, name: str, count: float, memory_gib: float) -> None:
    devices = devices_of(next(t for t in types() if t["InstanceType"] == sku))
    assert devices is not None
    assert (devices.name, devices.count, devices.memory_gib) == (name, count, memory_gib)


def test_a_type_that_no_zone_offers_is_unavailable_with_the_reason(tmp_path: Path) -> None:
    offered = [{"InstanceType": "p5.48xlarge", "Location": f"us-east-1{z}"} for z in "db"]
    found = spec_partition(ask_of("", tmp_path), "us-east-1", types(), offered, "https://ec2.example")
    rows = {r["sku"]: r for r in found.rows.to_pylist()}
    assert rows["p5.48xlarge"]["zones"] == "us-east-1b,us-east-1d"
    assert (rows["p5.48xlarge"]["available"], rows["p5.48xlarge"]["unavailable_reason"]) == (True, None)
    assert (rows["trn1.32xlarge"]["available"], rows["trn1.32xlarge"]["unavailable_reason"]) == (
        False,
        "no zone of us-east-1 offers it",
    )
    assert (rows["p5.48xlarge"]["vcpu"], rows["p5.48xlarge"]["memory_gib"]) == (192, 2048)
    assert found.dropped == {"not accelerated": 1}
    assert found.rows.schema == schema_of(InstanceSpec)


@mock_aws
@pytest.mark.usefixtures("moto")
def test_the_whole_list_of_aws(tmp_path: Path) -> None:
    found = {r["sku"]: r for r in rows_of(aws_instances.pull(ask_of("", tmp_path), "eu-west-1"), "instance_spec")}
    assert len(found) == 79  # those with a GPU, Neuron device or other accelerator
    assert found["p5e.48xlarge"]["accelerator_memory_gib"] == 141
    assert not found["p6-b300.48xlarge"]["available"]
    assert found["g5.xlarge"]["zones"].startswith("eu-west-1a")


@mock_aws
@pytest.mark.usefixtures("moto")
def test_moto_and_the_fakes_live_in_one_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Server([aws_pricing_api.fake()]) as server:
        signed(monkeypatch, server)
        ask = ask_of("", tmp_path, skus={"aws": frozenset({"p5.48xlarge"})}, regions=("us-east-1",))
        prices = prices_of(pull_all(aws_query_prices, ask), "on_demand")
        assert prices["us-east-1", "p5.48xlarge", "on_demand"] == Decimal("55.04")
        assert boto3.Session().client("sts", region_name="us-east-1").get_caller_identity()["Account"] == "123456789012"
        specs = rows_of(pull_all(aws_instances, ask), "instance_spec")
    assert "p4d.24xlarge" in {r["sku"] for r in specs}


def test_the_fake_answers_in_the_same_shape(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Server([aws_ec2_api.fake()]) as server:
        signed(monkeypatch, server)
        found = pull_all(aws_instances, ask_of("", tmp_path, regions=("us-west-2",)))
    available = {r["sku"] for r in rows_of(found, "instance_spec") if r["available"]}
    assert available == {"p4d.24xlarge", "p6-b300.48xlarge"}


def test_without_credentials_the_source_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)
    with pytest.raises(MissingCredentials):
        aws_instances.plan(ask_of("", tmp_path))
