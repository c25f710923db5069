"""What an index of the price list names is asked on its own host, under codes that can name a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from connectors.ask import Ask, Known
from connectors.aws_offers import Offer, OfferFile, fetch_csv, region_files
from connectors.aws_versions import versions
from connectors.errors import SchemaDrift, UnsafeAddress
from tests.connectors.aws import ask_of
from tests.fakes.server import Fake, Reply, Request, Server

OFFER = Offer("AmazonEC2")
VERSION = "20260910195514"
FILE = f"/offers/v1.0/aws/AmazonEC2/{VERSION}/us-east-1/index.json"
GOOD = {
    "currentRegionIndexUrl": "/offers/region_index.json",
    "versionIndexUrl": "/offers/versions.json",
    "regionCode": "us-east-1",
    "currentVersionUrl": FILE,
    "version": VERSION,
}


class Index:
    """A chain of indexes in which any text may be exchanged."""

    def __init__(self) -> None:
        self.texts: dict[str, Any] = dict(GOOD)

    def __call__(self, request: Request) -> Reply:
        texts = self.texts
        document = {
            "/v1.0/aws/index.json": {"offers": {"AmazonEC2": texts}},
            "/region_index.json": {"regions": {"us-east-1": texts}},
            "/versions.json": {"versions": {texts["version"]: {}}},
        }
        return Reply.of_json(document[request.path])


@pytest.fixture
def index() -> Index:
    return Index()


@pytest.fixture
def server(index: Index) -> Iterator[Server]:
    with Server([Fake("offers", index)]) as running:
        yield running


@pytest.fixture
def ask(server: Server, tmp_path: Path) -> Ask:
    return ask_of(f"http://127.0.0.1:{server.port}", tmp_path)  # no path: what follows could be part of the host


def test_the_chain_leads_to_the_file(ask: Ask) -> None:
    assert region_files(ask, OFFER) == [OfferFile("us-east-1", VERSION, ask.url + FILE)]
    assert versions(ask, OFFER) == [VERSION]


@pytest.mark.parametrize("link", ["currentRegionIndexUrl", "currentVersionUrl", "versionIndexUrl"])
def test_no_link_leads_to_another_host(ask: Ask, index: Index, link: str) -> None:
    with Server([Fake("offers", Index())]) as foreign:
        index.texts[link] = f"@127.0.0.1:{foreign.port}{GOOD[link]}"
        with pytest.raises(UnsafeAddress, match=rf"\*\*\*@127\.0\.0\.1:{foreign.port}/.*: leads away from {ask.url};"):
            (versions if link == "versionIndexUrl" else region_files)(ask, OFFER)
        assert foreign.seen == []


@pytest.mark.parametrize("code", ["../../../../precious", "..", "", "us/east", "US_EAST", "a" * 65, None])
def test_a_code_that_names_no_region_is_schema_drift(ask: Ask, index: Index, code: str | None) -> None:
    index.texts["regionCode"] = code
    with pytest.raises(SchemaDrift, match="not in the documented shape"):
        region_files(ask, OFFER)
    assert region_files(replace(ask, regions=("us-west-2",)), OFFER) == []  # not asked for, not in the way


@pytest.mark.parametrize("version", ["../../x", "2026-09-10", ""])
def test_a_version_that_names_no_moment_is_schema_drift(ask: Ask, index: Index, version: str) -> None:
    index.texts["version"] = version
    with pytest.raises(SchemaDrift, match="not in the documented shape"):
        versions(ask, OFFER)


OLDER = "20260101000000"


@pytest.mark.parametrize(
    ("known", "asked_if"),
    [
        ({"on_demand": Known(OLDER, '"a"'), "reserved": Known(OLDER, '"a"')}, '"a"'),
        # the file is needed whole, though one of its kinds has it
        ({"on_demand": Known(VERSION, '"a"')}, None),
        ({"on_demand": Known(VERSION, '"a"'), "reserved": Known(OLDER, '"b"')}, None),
        ({"on_demand": Known(OLDER, '"a"'), "reserved": Known(OLDER, '"b"')}, None),
        ({"on_demand": Known(OLDER, '"b"'), "reserved": Known(OLDER, '"a"')}, None),
        ({}, None),
    ],
)
def test_a_file_is_unchanged_only_if_all_its_kinds_know_it(
    tmp_path: Path, known: dict[str, Known], asked_if: str | None
) -> None:
    """The server still has the file of any ETag: what it is asked decides."""
    asked: list[str | None] = []

    def answer(request: Request) -> Reply:
        asked.append(request.headers.get("if-none-match"))
        return Reply(status=304) if asked[-1] else Reply(b"whole")

    with Server([Fake("offers", answer)]) as server:
        ask = replace(
            ask_of(server.url("offers"), tmp_path), known={("us-east-1", kind): k for kind, k in known.items()}
        )
        file = OfferFile("us-east-1", VERSION, f"{ask.url}/us-east-1/index.json")
        got = fetch_csv(ask, "AmazonEC2", file, ("on_demand", "reserved"))
    assert asked == [asked_if]
    assert got.unchanged is (asked_if is not None)
    assert got.unchanged or got.path.read_bytes() == b"whole"


def test_a_version_that_all_kinds_know_is_not_asked_for(ask: Ask, server: Server) -> None:
    known = {("us-east-1", kind): Known(VERSION, '"a"') for kind in ("on_demand", "reserved")}
    file = OfferFile("us-east-1", VERSION, f"{ask.url}/us-east-1/index.json")
    got = fetch_csv(replace(ask, known=known), "AmazonEC2", file, ("on_demand", "reserved"))
    assert (got.unchanged, got.etag, server.seen) == (True, '"a"', [])
