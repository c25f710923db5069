"""The price page's feed: the same prices as the price list, labelled undocumented."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.aws_prices import aws_prices
from connectors.aws_web_prices import aws_web_prices, feed_partition
from connectors.errors import SchemaDrift
from connectors.records import Partition
from tests.connectors.aws import FIXTURES, ask_of, prices_of, pull_all, remembered, rows_of
from tests.fakes import aws_price_list, aws_web
from tests.fakes.aws_world import ON_DEMAND
from tests.fakes.server import Fault, Server

NAME = "US East (N. Virginia)"


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([aws_web.fake(), aws_price_list.fake()]) as running:
        yield running


def parsed(folder: Path, entries: dict[str, Any]) -> Partition:
    document = json.loads((FIXTURES / "aws_web_prices.json").read_text())
    prices = document["regions"][NAME] | entries
    return feed_partition(
        ask_of("", folder, scope="all"), "us-east-1", prices, document["manifest"], "https://w.example"
    )


def test_feed_and_price_list_agree_to_the_last_decimal(server: Server, tmp_path: Path) -> None:
    regions = tuple(r for r in ON_DEMAND if r[:2] != "cn" and "atl" not in r)
    web = ask_of(server.url("aws-web"), tmp_path / "web", scope="all", regions=("us-east-1",))
    bulk = ask_of(server.url("aws-price-list"), tmp_path / "bulk", scope="all", regions=regions)
    found = pull_all(aws_web_prices, web)
    assert prices_of(found, "on_demand") == prices_of(pull_all(aws_prices, bulk), "on_demand")
    assert {r["quality"] for r in rows_of(found, "on_demand")} == {"undocumented"}


def test_zones_and_china_are_no_regions_here(server: Server, tmp_path: Path) -> None:
    planned = aws_web_prices.plan(ask_of(server.url("aws-web"), tmp_path))
    assert planned == ["eu-central-1", "eu-west-1", "us-east-1", "us-gov-west-1", "us-west-2"]


def test_only_accelerated_types(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-web"), tmp_path, regions=("us-east-1",), skus={"aws": frozenset({"p5.48xlarge"})})
    found = next(aws_web_prices.pull(ask, "us-east-1"))
    assert [r["price_per_hour"] for r in found.rows.to_pylist()] == [Decimal("55.04")]
    assert found.dropped == {"not accelerated": 11}


def test_nothing_new_is_unchanged(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-web"), tmp_path, scope="all")
    first = pull_all(aws_web_prices, ask)
    again = remembered(ask, first)
    second = pull_all(aws_web_prices, again)
    assert [(p.region, p.unchanged, p.etag) for p in second] == [(p.region, True, p.etag) for p in first]


def test_unusable_entries_are_rejected(tmp_path: Path) -> None:
    p5 = {"Instance Type": "p5.48xlarge", "price": "12.5", "Operating System": "Linux"}
    found = parsed(tmp_path, {"twice": p5, "free": p5 | {"Instance Type": "p9.large", "price": "0.0"}})
    reasons = sorted((r["key"], r["reason"]) for r in found.rejected.to_pylist())
    assert reasons == [("p5.48xlarge", "conflict")] * 2 + [("p9.large", "unreadable price")]
    assert "p5.48xlarge" not in [r["sku"] for r in found.rows.to_pylist()]


def test_an_entry_listed_twice_is_one_price(tmp_path: Path) -> None:
    p5 = json.loads((FIXTURES / "aws_web_prices.json").read_text())["regions"][NAME]["us-east-1 p5.48xlarge"]
    found = parsed(tmp_path, {"twice": p5, "thrice": p5})
    assert (found.rows, found.rejected.num_rows) == (parsed(tmp_path, {}).rows, 0)
    assert found.dropped == {"duplicate": 2}
    clashing = parsed(tmp_path, {"twice": p5, "other": p5 | {"price": "12.5"}})
    assert [r["row"] for r in clashing.rejected.to_pylist()] == ['{"price": "55.0400000000"}', '{"price": "12.5"}']


def test_another_shape_is_schema_drift(server: Server, tmp_path: Path) -> None:
    server.faults.append(Fault("Linux/index.json", status=200, body=b'{"regions": {}}'))
    with pytest.raises(SchemaDrift, match="N\\. Virginia"):
        list(aws_web_prices.pull(ask_of(server.url("aws-web"), tmp_path), "us-east-1"))
    with pytest.raises(SchemaDrift, match="no region mars-1"):
        list(aws_web_prices.pull(ask_of(server.url("aws-web"), tmp_path), "mars-1"))


@pytest.mark.parametrize("code", ["../../../../precious", "", "US_EAST", None])
def test_a_code_that_names_no_region_is_schema_drift(server: Server, tmp_path: Path, code: str | None) -> None:
    listed = json.dumps({NAME: {"code": code, "type": "AWS Region"}}).encode()
    server.faults.append(Fault("locations.json", status=200, body=listed))
    with pytest.raises(SchemaDrift, match=r"locations\.json"):
        aws_web_prices.plan(ask_of(server.url("aws-web"), tmp_path))
