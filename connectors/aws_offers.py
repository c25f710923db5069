"""AWS price list files: the index chain that names them.

``index.json`` -> region index -> one file per region. The region index carries the version in each
address, so one small answer tells which regions changed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from connectors.address import on_host
from connectors.ask import Ask
from connectors.download import Download
from connectors.drift import reading
from connectors.errors import SchemaDrift
from connectors.records import Partition, Record, schema_of

# Listed on the global host, but not sold there.
FOREIGN_REGIONS = frozenset({"cn-north-1-pkx-1", "aws-cn-other"})
LOCATION_TYPES = {
    "AWS Region": "region",
    "AWS Local Zone": "local_zone",
    "AWS Wavelength Zone": "wavelength_zone",
}


@dataclass(frozen=True)
class OfferFile:
    """One regional file of one offer; `url` ends in ``.json``, the CSV lies beside it."""

    region: str
    version: str
    url: str

    @property
    def csv_url(self) -> str:
        """Address of the same file as CSV."""
        return self.url.removesuffix(".json") + ".csv"


@dataclass(frozen=True)
class Offer:
    """Where the index chain of one offer starts, and which of its links leads on."""

    code: str
    index: str = "/offers/v1.0/aws/index.json"
    link: str = "currentRegionIndexUrl"


def checked_code(text: str) -> str:
    """`text` if it can be the code of a region or version: those name folders, files and addresses.

    Raises:
        ValueError: ``../x`` and whatever else no code is.
    """
    if not re.fullmatch(r"[a-z0-9-]{1,64}", text):
        raise ValueError(f"no code: {text!r:.80}")
    return text


def region_files(ask: Ask, offer: Offer) -> list[OfferFile]:
    """The regional files of an offer for the regions asked, fresh; the raw indexes stay in ``ask.folder``.

    Raises:
        SchemaDrift: the offer or its region index is missing or has another shape.
        UnsafeAddress: an index names another host.
    """
    offers = ask.web.get(ask.url + offer.index)
    with reading(offers.url):
        answer = ask.web.get(on_host(ask.url, offers.json()["offers"][offer.code][offer.link]))
    ask.folder.mkdir(parents=True, exist_ok=True)
    saved = _region_index(ask, offer)
    saved.with_suffix(".new").write_bytes(answer.body)
    saved.with_suffix(".new").replace(saved)
    return _listed(ask, saved)


def region_file(ask: Ask, offer: Offer, region: str) -> OfferFile:
    """The file of one region, from the index that the plan left in ``ask.folder``.

    Raises:
        SchemaDrift: no such region.
    """
    saved = _region_index(ask, offer)
    found = [f for f in (_listed(ask, saved) if saved.exists() else region_files(ask, offer)) if f.region == region]
    if not found:
        raise SchemaDrift(f"{ask.url}: {offer.code} lists no file for {region}")
    return found[0]


def _region_index(ask: Ask, offer: Offer) -> Path:
    return ask.folder / f"{offer.code}.{offer.link}.json"


def _listed(ask: Ask, saved: Path) -> list[OfferFile]:
    """AmazonEC2 answers an object of regions, savings plans a list with another key."""
    wanted = frozenset(ask.regions)
    with reading(f"{ask.url} {saved.name}"):
        regions = json.loads(saved.read_text())["regions"]
        entries = regions.values() if isinstance(regions, Mapping) else regions
        paths = {e["regionCode"]: e.get("currentVersionUrl") or e["versionUrl"] for e in entries}
        return [
            OfferFile(checked_code(code), checked_code(path.split("/")[-3]), on_host(ask.url, path))
            for code, path in sorted(paths.items())
            if code not in FOREIGN_REGIONS and (code in wanted or not wanted)
        ]


def fetch_csv(ask: Ask, offer: str, file: OfferFile, kinds: Iterable[str]) -> Download:
    """The file on disk, or ``unchanged``: first by the version in the index, then by its ETag."""
    known = [ask.known.get((file.region, kind)) for kind in kinds]
    path = ask.folder / f"{offer}.{file.region}.{file.version}.csv"
    if all(k and k.source_version == file.version for k in known):
        return Download(path, known[0].etag if known[0] else "", unchanged=True)
    if path.exists():  # a killed run left it whole: a file under this name is complete
        return Download(path, "")
    etags = {k.etag if k else "" for k in known}
    return ask.web.download(file.csv_url, path, etag=etags.pop() if len(etags) == 1 else "")


def unchanged(file: OfferFile, kinds: Mapping[str, type[Record]], etag: str) -> Iterator[Partition]:
    """One partition per kind that says: the last accepted rows stay valid."""
    for kind, record in kinds.items():
        yield Partition(
            record,
            file.region,
            kind,
            schema_of(record).empty_table(),
            source_url=file.csv_url,
            source_version=file.version,
            etag=etag,
            unchanged=True,
        )


def parent_region(code: str) -> str:
    """Region of a zone's pseudo-region: ``us-east-1-atl-1`` -> ``us-east-1``."""
    match = re.match(r"[a-z]{2,4}(-[a-z]+)+-\d+", code)
    return match.group() if match else code


def location_type(code: str) -> str:
    """What a region code of the price list names: ``us-east-1-wl1-chi1`` -> ``wavelength_zone``."""
    if code == parent_region(code):
        return "region"
    return "wavelength_zone" if "-wl" in code else "local_zone"
