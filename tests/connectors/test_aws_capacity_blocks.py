"""Capacity blocks: fee over hours, the first block of several, types that are not sold so."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.aws_capacity_blocks import aws_capacity_blocks, block_partition, block_types
from connectors.errors import MissingCredentials, SourceUnavailable
from connectors.records import InstancePrice, Partition, schema_of
from tests.connectors.aws import FIXTURES, ask_of, pull_all, rows_of, signed, unsigned
from tests.fakes import aws_ec2_api
from tests.fakes.aws_ec2_api import Ec2Api, Refusal
from tests.fakes.server import Server


def offer(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "aws_capacity_blocks.json").read_text())["CapacityBlockOfferings"][0]
    return found | {"StartDate": datetime.fromisoformat(found["StartDate"])} | changes


def parsed(folder: Path, *offers: dict[str, Any]) -> Partition:
    return block_partition(ask_of("", folder), "us-east-2", offers, Counter(), "https://ec2.example")


def test_the_fee_is_spread_over_instances_and_hours(tmp_path: Path) -> None:
    day, week = parsed(
        tmp_path, offer(), offer(CapacityBlockDurationHours=168, InstanceCount=2, UpfrontFee="10000.00")
    ).rows.to_pylist()
    assert (day["purchase_option"], day["price_per_hour"]) == ("capacity_block_1d", Decimal("31.4641666667"))
    assert (day["upfront"], day["list_per_hour"], day["term_hours"]) == (Decimal("755.14"), 0, 24)
    assert (week["purchase_option"], week["price_per_hour"]) == ("capacity_block_7d", Decimal("29.7619047619"))
    assert (day["quality"], day["currency"]) == ("quoted", "USD")
    assert parsed(tmp_path, offer()).rows.schema == schema_of(InstancePrice)


def test_the_block_that_starts_first_is_the_quote(tmp_path: Path) -> None:
    later = offer(StartDate=datetime.fromisoformat("2026-11-30T11:30:00Z"), UpfrontFee="10.00")
    found = parsed(tmp_path, later, offer())
    assert [r["upfront"] for r in found.rows.to_pylist()] == [Decimal("755.14")]
    assert found.dropped == {"starts later": 1}


def test_the_first_start_is_the_quote_whatever_the_offers_are_called(tmp_path: Path) -> None:
    later = offer(
        CapacityBlockOfferingId="cb-0", StartDate=datetime.fromisoformat("2026-11-30T11:30:00Z"), UpfrontFee="10.00"
    )
    for offers in ((later, offer()), (offer(), later)):
        assert [r["upfront"] for r in parsed(tmp_path, *offers).rows.to_pylist()] == [Decimal("755.14")]
    twin = offer(CapacityBlockOfferingId="cb-0", UpfrontFee="10.00")  # at the same moment: the first by name
    for offers in ((twin, offer()), (offer(), twin)):
        assert [r["upfront"] for r in parsed(tmp_path, *offers).rows.to_pylist()] == [Decimal(10)]


@pytest.mark.parametrize("changes", [{"CapacityBlockDurationMinutes": 30}, {"CapacityBlockDurationHours": 48}])
def test_a_block_of_another_length_is_no_quote(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = parsed(tmp_path, offer(**changes))
    assert (found.rows.num_rows, found.rejected.num_rows, found.dropped) == (0, 0, {"another length": 1})


@pytest.mark.parametrize("changes", [{"UpfrontFee": "soon"}, {"UpfrontFee": "0"}, {"InstanceCount": 0}])
def test_an_unreadable_fee_is_rejected(tmp_path: Path, changes: dict[str, Any]) -> None:
    found = parsed(tmp_path, offer(**changes))
    assert (found.rows.num_rows, found.rejected.column("reason").to_pylist()) == (0, ["unreadable fee"])
    assert found.rejected.column("key").to_pylist()[0].startswith(f"{offer()['InstanceType']}/")


def test_only_families_that_are_sold_as_blocks_are_asked(tmp_path: Path) -> None:
    skus = {"aws": frozenset({"p5.48xlarge", "p6-b200.48xlarge", "trn2.48xlarge", "g6.xlarge", "inf2.xlarge"})}
    assert block_types(ask_of("", tmp_path, skus=skus)) == ["p5.48xlarge", "p6-b200.48xlarge", "trn2.48xlarge"]


def test_quotes_of_every_enabled_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with Server([aws_ec2_api.fake()]) as server:
        signed(monkeypatch, server)
        skus = {"aws": frozenset({"p5.48xlarge", "p4d.24xlarge", "trn1.32xlarge"})}
        found = pull_all(aws_capacity_blocks, ask_of("", tmp_path, skus=skus, regions=("us-east-1", "us-west-2")))
    quotes = {
        (r["region"], r["sku"], r["purchase_option"]): str(r["price_per_hour"].normalize())
        for r in rows_of(found, "capacity_block")
    }
    assert quotes == {
        ("us-east-1", "p5.48xlarge", "capacity_block_1d"): "39.33",
        ("us-east-1", "p5.48xlarge", "capacity_block_7d"): "39.33",
        ("us-east-1", "p4d.24xlarge", "capacity_block_1d"): "14.75",
        ("us-east-1", "p4d.24xlarge", "capacity_block_7d"): "14.75",
        ("us-west-2", "p4d.24xlarge", "capacity_block_1d"): "14.75",
        ("us-west-2", "p4d.24xlarge", "capacity_block_7d"): "14.75",
    }
    assert found[0].dropped == {"not sold as a block": 2, "starts later": 4}


def test_another_refusal_fails_the_region(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    api: Any = aws_ec2_api.fake()
    assert isinstance(api.answer, Ec2Api)
    api.answer.refusals.append(Refusal("DescribeCapacityBlockOfferings", "UnauthorizedOperation", status=403))
    with Server([api]) as server:
        signed(monkeypatch, server)
        ask = ask_of("", tmp_path, skus={"aws": frozenset({"p5.48xlarge"})}, regions=("us-east-1",))
        with pytest.raises(SourceUnavailable, match="UnauthorizedOperation"):
            pull_all(aws_capacity_blocks, ask)


def test_without_credentials_the_source_is_skipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    unsigned(monkeypatch, tmp_path)
    with pytest.raises(MissingCredentials):
        aws_capacity_blocks.plan(ask_of("", tmp_path))
