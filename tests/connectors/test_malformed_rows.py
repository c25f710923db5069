"""One malformed row in an answer: it stands in quarantine, and not one of the other rows is lost with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from connectors import aws_query_prices
from connectors.ask import Ask, Connector
from connectors.aws_capacity_blocks import block_partition
from connectors.aws_instances import spec_partition
from connectors.aws_query_plans import rates_partition
from connectors.aws_query_prices import query_partition
from connectors.aws_spot import day_partition
from connectors.azure_skus import read_skus
from connectors.errors import SchemaDrift
from connectors.records import Partition
from connectors.registry import CONNECTORS
from connectors.web import Web
from flows.settings import load_settings
from flows.sources import Night
from tests.connectors.asking import DAY
from tests.connectors.aws import FIXTURES
from tests.fakes import azure_arm
from tests.fakes.__main__ import all_fakes
from tests.fuzz.mangling import BASE, MangledWeb

FAKES = {f.name: f for f in all_fakes()}
ADDRESSES = {key: f"{BASE}/{f.name}{path}" for f in FAKES.values() for key, path in f.settings.items()}
KEYS = {"eia_api_key": "a-key", "openei_api_key": "a-key", "entsoe_token": "a-token"}
MALFORMED = [None, "a text", 7, [], {}, [None]]
Container = Callable[[Any], Any]
Mangle = Callable[[bytes], bytes]


def _azure_items(page: Any) -> Any:
    page["Count"] += 1
    return page["Items"]


def _first_region(document: Any) -> Any:
    return next(iter(document["regions"].values()))


# The list or object of an answer that holds its rows; answers without one (indexes) stay as they are.
JSON_ROWS: dict[str, Container] = {
    "azure_prices": _azure_items,
    "azure_services": _azure_items,
    "azure_tokens": _azure_items,
    "aws_services": lambda document: document["terms"]["OnDemand"],
    "aws_bedrock": lambda document: document["terms"]["OnDemand"],
    "aws_web_prices": _first_region,
    "aws_spot_feed": lambda document: document["config"]["regions"],
    "aws_spot_feed family": lambda document: document["config"]["regions"][0]["instanceTypes"],
    "aws_spot_feed size": lambda document: document["config"]["regions"][0]["instanceTypes"][0]["sizes"],
    "aws_spot_advisor": lambda document: document["spot_advisor"],
    "aws_spot_advisor type": lambda document: document["spot_advisor"]["us-east-1"]["Linux"],
    "eia_api_tariffs": lambda document: document["response"]["data"],
    "elexon_wholesale": lambda document: document["data"],
    "frankfurter_rates": lambda document: document,
    "token_prices": lambda document: document,
    "token_prices model": lambda document: document[0]["models"],
}


def _with(container: Container, row: object) -> Mangle:
    """`row` in front of the others."""

    def add(document: Any) -> None:
        rows = container(document)
        if isinstance(rows, dict):
            others = dict(rows)
            rows.clear()
            rows.update({"p5.48xlarge malformed": row, **others})
        else:
            rows.insert(0, row)

    return _changed(add)


def _changed(change: Callable[[Any], None]) -> Mangle:
    """`change` of a document; one that it finds no rows in stays as it is."""

    def mangle(body: bytes) -> bytes:
        document = json.loads(body)
        try:
            change(document)
        except (KeyError, TypeError, IndexError):
            return body
        return json.dumps(document).encode()

    return mangle


def _pulled(connector: Connector, mangle: Mangle, folder: Path) -> list[Partition]:
    given = {k.removeprefix("COSTWATT_").lower(): v for k, v in ADDRESSES.items() if k.startswith("COSTWATT_")}
    setting = load_settings(home=folder, aws_regions="us-east-1", scope="all", **given, **KEYS)
    night = Night(DAY, setting, MangledWeb(fakes=FAKES, mangle=mangle))
    ask = night.ask(connector)
    ask.folder.mkdir(parents=True)
    return [p for part in connector.plan(ask)[:2] for p in connector.pull(ask, part)]


def _rows(partitions: list[Partition]) -> Iterator[str]:
    """Without the version, which of some sources is a digest of the whole answer."""
    return (repr(row | {"source_version": ""}) for partition in partitions for row in partition.rows.to_pylist())


def _compare(name: str, mangle: Mangle, folder: Path) -> None:
    connector = next(c for c in CONNECTORS if c.name == name.partition(" ")[0])
    whole, spoiled = _pulled(connector, bytes, folder / "whole"), _pulled(connector, mangle, folder / "spoiled")
    assert sorted(_rows(spoiled)) == sorted(_rows(whole)) != []
    refused = [r for p in spoiled for r in p.rejected.to_pylist()]
    assert refused
    assert all(r["reason"].startswith("unreadable: ") for r in refused)


@pytest.mark.parametrize("row", MALFORMED, ids=repr)
@pytest.mark.parametrize("name", JSON_ROWS)
def test_a_malformed_item_of_a_list_is_quarantined_alone(name: str, row: object, tmp_path: Path) -> None:
    _compare(name, _with(JSON_ROWS[name], row), tmp_path)


def _line(line: str, encoding: str = "utf-8") -> Mangle:
    """One more line behind the header."""

    def change(body: bytes) -> bytes:
        header, _, rest = body.partition(b"\n")
        return header + b"\n" + line.encode(encoding) + b"\r\n" + rest

    return change


def _shortened_machine(body: bytes) -> bytes:
    """The first virtual machine once more, its line cut off in the middle."""
    if b"Virtual Machines" not in body:
        return body
    line = next(line for line in body.splitlines() if b"Virtual Machines" in line)
    return body.rstrip() + b"\n" + line[: len(line) // 3] + b"\n"


@pytest.mark.parametrize(
    ("name", "mangle"),
    [
        ("aemo_wholesale", _line("NSW1")),
        ("jepx_wholesale", _line("2026/11/20", "shift_jis")),
        ("jepx_wholesale", _line("yesterday,1,2,3", "shift_jis")),
        ("azure_china", _shortened_machine),
        (
            "ecb_rates",
            lambda body: body.replace(b"<Cube>", b'<Cube><Cube time="today"><Cube currency="USD" rate="1"/></Cube>', 1),
        ),
    ],
)
def test_a_malformed_line_or_element_is_quarantined_alone(name: str, mangle: Mangle, tmp_path: Path) -> None:
    _compare(name, mangle, tmp_path)


def _only(container: Container) -> Mangle:
    """Every row in another shape: that is no slip but another list."""

    def reshape(document: Any) -> None:
        rows = container(document)
        for key in list(rows) if isinstance(rows, dict) else range(len(rows)):
            rows[key] = {"another": "shape"}
        if isinstance(document, dict):
            document.pop("Count", None)

    return _changed(reshape)


@pytest.mark.parametrize("name", [name for name in JSON_ROWS if " " not in name])
def test_a_list_without_a_readable_row_is_drift(name: str, tmp_path: Path) -> None:
    connector = next(c for c in CONNECTORS if c.name == name)
    with pytest.raises(SchemaDrift):
        _pulled(connector, _only(JSON_ROWS[name]), tmp_path)


def _fixture(name: str, key: str = "") -> list[dict[str, Any]]:
    """Recorded rows of an API that a vendor's client reads, its moments as the client gives them."""
    document = json.loads((FIXTURES / f"{name}.json").read_text())
    rows: list[dict[str, Any]] = document[key] if key else document
    moments = {"Timestamp", "StartDate"}
    return [{k: datetime.fromisoformat(v) if k in moments else v for k, v in row.items()} for row in rows]


URL = "https://api.example"
ASK = Ask(DAY, URL, Web(offline=True), Path(), scope="all")


def _skus(rows: list[Any]) -> Partition:
    found = list(read_skus(ASK, "all", rows))
    assert [p.region for p in found] == (["all", "eastus"] if found[0].rejected.num_rows else ["eastus"])
    return replace(found[-1], rejected=found[0].rejected)


OFFERED = [{"InstanceType": "p5.48xlarge", "Location": "us-east-1b"}]
# What is read without HTTP of ours: the recorded rows, and the partition of any rows.
CLIENT_ROWS: dict[str, tuple[list[dict[str, Any]], Callable[[list[Any]], Partition]]] = {
    "aws_spot": (_fixture("aws_spot", "SpotPriceHistory"), lambda rows: day_partition("us-east-1", DAY, rows, URL)),
    "aws_query_plans": (
        _fixture("aws_query_plans", "searchResults"),
        lambda rows: rates_partition("us-east-1", rows, URL),
    ),
    "aws_query_prices": (_fixture("aws_query_prices"), lambda rows: query_partition("us-east-1", rows, URL)),
    "aws_capacity_blocks": (
        _fixture("aws_capacity_blocks", "CapacityBlockOfferings"),
        lambda rows: block_partition(ASK, "us-east-2", rows, Counter(), URL),
    ),
    "aws_instances": (
        _fixture("aws_instances", "InstanceTypes"),
        lambda rows: spec_partition(ASK, "us-east-1", rows, OFFERED, URL),
    ),
    "aws_instances zone": (
        OFFERED,
        lambda rows: spec_partition(ASK, "us-east-1", _fixture("aws_instances", "InstanceTypes"), rows, URL),
    ),
    "azure_skus": ([azure_arm.sku("Standard_ND96isr_H100_v5", "f", "eastus", "8")], _skus),
}


@pytest.mark.parametrize("row", MALFORMED, ids=repr)
@pytest.mark.parametrize("name", CLIENT_ROWS)
def test_a_malformed_item_of_a_client_is_quarantined_alone(name: str, row: object) -> None:
    rows, read = CLIENT_ROWS[name]
    spoiled, whole = read([row, *rows]), read(rows)
    assert spoiled.rows.to_pylist() == whole.rows.to_pylist() != []
    (refused,) = spoiled.rejected.to_pylist()
    assert refused["reason"].startswith("unreadable: ")
    with pytest.raises(SchemaDrift, match="no row is readable"):
        read([row])


@pytest.mark.parametrize("field", ["Timestamp", "SpotPrice", "ProductDescription"])
def test_a_pool_with_an_unreadable_change_is_refused_whole(field: str) -> None:
    rows = _fixture("aws_spot", "SpotPriceHistory")
    spoiled = next(row for row in rows if row["AvailabilityZone"] == "us-east-1a")
    del spoiled[field]
    found = day_partition("us-east-1", DAY, rows, URL)
    assert "us-east-1a" not in found.rows.column("zone").to_pylist()
    assert "us-east-1b" in found.rows.column("zone").to_pylist()
    assert found.rejected.column("key").to_pylist() == [f"us-east-1a/{spoiled['InstanceType']}"]


def test_a_document_of_the_query_api_that_is_none_is_of_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = [json.dumps(p) for p in _fixture("aws_query_prices")]
    monkeypatch.setattr(aws_query_prices, "client", lambda *_: Mock(meta=Mock(endpoint_url=URL)))
    monkeypatch.setattr(aws_query_prices, "products_of", lambda *_: ["{", "null", *documents])
    ask = replace(ASK, skus={"aws": frozenset({"p5.48xlarge"})})
    nowhere, found = aws_query_prices.aws_query_prices.pull(ask, "all")
    assert (nowhere.region, nowhere.rows.num_rows) == ("all", 0)
    assert nowhere.rejected.column("key").to_pylist() == ["p5.48xlarge"] * 2  # by which its last price stays
    assert found.rows.num_rows == 2
