"""The spot page's feed: cells that are no price, conflicts, a torso, a freeze."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Ask
from connectors.aws_spot_feed import aws_spot_feed, feed_partition
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import SpotPrice, schema_of
from tests.connectors.aws import FIXTURES, ask_of, pull_all, remembered, rows_of
from tests.fakes import aws_web
from tests.fakes.server import Fault, Server

SKUS = {"aws": frozenset({"p5.48xlarge", "p4d.24xlarge", "p6-b300.48xlarge"})}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([aws_web.fake()]) as running:
        yield running


@pytest.fixture
def ask(server: Server, tmp_path: Path) -> Ask:
    return ask_of(server.url("aws-web"), tmp_path, skus=SKUS)


def regions() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FIXTURES / "aws_spot_feed.json").read_text())["config"]["regions"]
    return found


def test_linux_cells_with_a_number_are_prices(ask: Ask) -> None:
    found = feed_partition(ask, "all", regions(), "https://feed.example", "v")
    rows = found.rows.to_pylist()
    assert [(r["region"], r["sku"], str(r["price_per_hour"])) for r in rows] == [
        ("eu-west-1", "p4d.24xlarge", "9.8765000000"),  # the feed may say eu-ireland
        ("us-east-1", "p5.48xlarge", "25.1234000000"),
    ]
    assert found.dropped == {"not offered": 1}
    assert {(r["quality"], r["zone"]) for r in rows} == {("undocumented", "")}
    assert found.rows.schema == schema_of(SpotPrice)


def test_two_prices_for_one_cell_are_both_rejected(ask: Ask) -> None:
    twice = regions() + json.loads(json.dumps(regions()[:1]).replace("25.1234", "2.5"))
    found = feed_partition(ask, "all", twice, "https://feed.example", "v")
    assert [(r["key"], r["reason"]) for r in found.rejected.to_pylist()] == [("us-east-1/p5.48xlarge", "conflict")] * 2
    assert [r["sku"] for r in found.rows.to_pylist()] == ["p4d.24xlarge"]


def test_all_regions_and_the_accelerated_types(ask: Ask) -> None:
    found = pull_all(aws_spot_feed, replace(ask, regions=("us-east-1",), skus={"aws": frozenset({"p4d.24xlarge"})}))
    prices = {r["region"]: r["price_per_hour"] for r in rows_of(found, "spot_feed")}
    assert prices.keys() == {"us-east-1", "us-west-2", "eu-central-1", "eu-west-1"}
    assert prices["us-west-2"] == Decimal("9.8809")
    assert found[0].dropped == {"not accelerated": 16}


def test_the_same_body_is_trusted_for_three_nights(ask: Ask) -> None:
    night = ask
    for _ in range(3):
        found = pull_all(aws_spot_feed, night)
        night = replace(remembered(night, found), day=night.day + timedelta(days=1))
    with pytest.raises(SourceUnavailable, match="frozen: the same prices since 2026-11-21"):
        pull_all(aws_spot_feed, night)


def test_a_new_body_ends_the_freeze(ask: Ask, server: Server) -> None:
    old = replace(remembered(ask, pull_all(aws_spot_feed, ask)), day=ask.day + timedelta(days=30))
    fresh = (FIXTURES / "aws_spot_feed.json").read_text()
    document = json.loads(fresh)
    document["config"]["regions"] += [{"region": f"r-{n}", "instanceTypes": []} for n in range(15)]
    server.faults.append(Fault("/spot.json", status=200, body=json.dumps(document).encode()))
    (found,) = pull_all(aws_spot_feed, old)
    assert found.source_version.endswith("@2026-12-21")


def test_a_torso_is_no_answer(ask: Ask, server: Server) -> None:
    server.faults.append(Fault("/spot.json", status=200, body=(FIXTURES / "aws_spot_feed.json").read_bytes()))
    with pytest.raises(SchemaDrift, match="only 2 regions"):
        pull_all(aws_spot_feed, ask)
