"""Egress and storage tiers: what counts as internet egress, tier bounds, unreadable rates."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.aws_offer_json import OfferJson, read_offer
from connectors.aws_offers import Offer, OfferFile
from connectors.aws_services import SERVICES, aws_services, service_partition
from connectors.errors import SchemaDrift
from connectors.records import Partition, ServicePrice, schema_of
from tests.connectors.asking import rejected_of
from tests.connectors.aws import FIXTURES, ask_of, pull_all, remembered, rows_of
from tests.fakes import aws_price_list
from tests.fakes.server import Fake, Reply, Server

Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server([aws_price_list.fake()]) as running:
        yield running


def egress(folder: Path, change: Change) -> Partition:
    """The egress partition of the fixture after a change to it."""
    document = json.loads((FIXTURES / "aws_services.json").read_text())
    change(document)
    return service_partition(SERVICES[0], served(folder, document))


def served(folder: Path, document: dict[str, Any]) -> OfferJson:
    with Server([Fake("one", lambda _: Reply.of_json(document))]) as server:
        file = OfferFile("eu-west-1", "20260910195514", server.url("one") + "/index.json")
        return read_offer(ask_of(server.url("one"), folder), Offer("AWSDataTransfer"), file)


def first_dimension(document: dict[str, Any]) -> dict[str, Any]:
    """The first tier of the first product."""
    (term,) = next(iter(document["terms"]["OnDemand"].values())).values()
    dimension: dict[str, Any] = next(iter(term["priceDimensions"].values()))
    return dimension


def first_product(document: dict[str, Any]) -> dict[str, Any]:
    product: dict[str, Any] = document["products"][next(iter(document["terms"]["OnDemand"]))]
    return product


def test_egress_has_its_four_tiers_and_nothing_else(tmp_path: Path) -> None:
    found = egress(tmp_path, lambda _: None)
    assert [(r["tier_start"], r["price"]) for r in found.rows.to_pylist()] == [
        (0, Decimal("0.09")),
        (10240, Decimal("0.085")),
        (51200, Decimal("0.07")),
        (153600, Decimal("0.05")),
    ]
    assert found.dropped == {"transferType=InterRegion Outbound": 2, "fromLocationType=Other": 1}
    assert found.rows.schema == schema_of(ServicePrice)
    assert (tmp_path / "AWSDataTransfer.eu-west-1.json").exists()


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("unit", "TB", "unknown unit"),
        ("beginRange", "Inf", "unreadable tier"),
        ("pricePerUnit", {"USD": "NaN"}, "unreadable price"),
        ("pricePerUnit", {"USD": "-0.1"}, "unreadable price"),
        ("beginRange", "10240", "conflict"),
    ],
)
def test_unusable_tiers_are_rejected(tmp_path: Path, key: str, value: object, reason: str) -> None:
    found = egress(tmp_path, lambda document: first_dimension(document).update({key: value}))
    assert set(found.rejected.column("reason").to_pylist()) == {reason}
    assert 0 not in [r["tier_start"] for r in found.rows.to_pylist()]


def test_tiers_listed_twice_are_no_conflict(tmp_path: Path) -> None:
    def again(document: dict[str, Any]) -> None:
        """The first product's rates under a second term."""
        terms = next(iter(document["terms"]["OnDemand"].values()))
        terms["AGAIN"] = next(iter(terms.values()))

    found = egress(tmp_path, again)
    tiers = [(0, Decimal("0.09")), (10240, Decimal("0.085")), (51200, Decimal("0.07")), (153600, Decimal("0.05"))]
    assert [(r["tier_start"], r["price"]) for r in found.rows.to_pylist()] == tiers
    assert (found.rejected.num_rows, found.dropped["duplicate"]) == (0, 4)


def test_another_offer_or_shape_is_schema_drift(tmp_path: Path) -> None:
    with pytest.raises(SchemaDrift, match="AmazonRDS"):
        egress(tmp_path, lambda document: document.update(offerCode="AmazonRDS"))
    with pytest.raises(SchemaDrift, match="unit"):
        egress(tmp_path, without_units)


def without_units(document: dict[str, Any]) -> None:
    """Nothing of the offer is as documented."""
    for terms in document["terms"]["OnDemand"].values():
        for term in terms.values():
            for dimension in term["priceDimensions"].values():
                del dimension["unit"]


@pytest.mark.parametrize(
    "change",
    [
        lambda document: first_dimension(document).pop("unit"),
        lambda document: first_dimension(document).update(beginRange=None),
        lambda document: first_dimension(document).update(pricePerUnit="0.09"),
        lambda document: first_product(document).update(attributes=None),
        lambda document: first_product(document)["attributes"].update(usagetype=7),
        lambda document: document["products"].pop(next(iter(document["terms"]["OnDemand"]))),
        lambda document: document["terms"]["OnDemand"].update({next(iter(document["terms"]["OnDemand"])): None}),
    ],
)
def test_a_malformed_product_is_rejected_with_all_its_tiers_and_the_others_stay(tmp_path: Path, change: Change) -> None:
    def with_another(document: dict[str, Any]) -> None:
        """The product as it is under another code, then the malformed one."""
        sku, terms = next(iter(document["terms"]["OnDemand"].items()))
        document["products"]["GOOD"], document["terms"]["OnDemand"]["GOOD"] = deepcopy(
            (document["products"][sku], terms)
        )
        change(document)

    found = egress(tmp_path, with_another)
    assert [r["tier_start"] for r in found.rows.to_pylist()] == [0, 10240, 51200, 153600]
    ((_, reason),) = rejected_of([found])
    assert reason.startswith("unreadable: ")


def test_each_region_has_egress_and_storage(server: Server, tmp_path: Path) -> None:
    found = pull_all(aws_services, ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1", "eu-west-1")))
    assert [(p.region, p.kind, p.rows.num_rows) for p in found] == [
        ("eu-west-1", "internet_egress", 4),
        ("eu-west-1", "object_storage", 3),
        ("us-east-1", "internet_egress", 4),
        ("us-east-1", "object_storage", 3),
    ]
    assert {(r["product"], r["unit"]) for r in rows_of(found, "object_storage")} == {("standard", "GB-month")}


def test_nothing_new_is_unchanged(server: Server, tmp_path: Path) -> None:
    ask = ask_of(server.url("aws-price-list"), tmp_path, regions=("us-east-1",))
    second = pull_all(aws_services, remembered(ask, pull_all(aws_services, ask)))
    assert [(p.kind, p.unchanged) for p in second] == [("internet_egress", True), ("object_storage", True)]
