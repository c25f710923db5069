"""AWS price list files: the index chain that names them, and the CSV layout they share.

``index.json`` -> region index -> one file per region. The region index carries the version in each
address, so one small answer tells which regions changed. A CSV opens with five lines of metadata,
then a header whose columns come and go: they are read by name, never by position.
"""

from __future__ import annotations

import csv
import json
import logging
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from connectors.ask import Ask
from connectors.drift import reading
from connectors.duck import literal, literals, name, read
from connectors.errors import SchemaDrift
from connectors.records import Partition, Record, schema_of
from connectors.web import Download

log = logging.getLogger(__name__)

PREAMBLE = ("FormatVersion", "Disclaimer", "Publication Date", "Version", "OfferCode")
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


def region_files(ask: Ask, offer: Offer) -> list[OfferFile]:
    """The regional files of an offer for the regions asked, fresh; the raw indexes stay in ``ask.folder``.

    Raises:
        SchemaDrift: the offer or its region index is missing or has another shape.
    """
    offers = ask.web.get(ask.url + offer.index)
    with reading(offers.url):
        answer = ask.web.get(ask.url + offers.json()["offers"][offer.code][offer.link])
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
    with reading(f"{ask.url} {saved.name}"):
        regions = json.loads(saved.read_text())["regions"]
        entries = regions.values() if isinstance(regions, Mapping) else regions
        paths = {e["regionCode"]: e.get("currentVersionUrl") or e["versionUrl"] for e in entries}
        files = [OfferFile(code, path.split("/")[-3], ask.url + path) for code, path in sorted(paths.items())]
    wanted = frozenset(ask.regions)
    return [f for f in files if f.region not in FOREIGN_REGIONS and (f.region in wanted or not wanted)]


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


@dataclass(frozen=True)
class OfferCsv:
    """Metadata and header of a price list CSV on disk."""

    path: Path
    version: str
    published_at: datetime
    columns: tuple[str, ...]

    @classmethod
    def of(cls, path: Path, offer: str, needed: Iterable[str]) -> OfferCsv:
        """Read the first six lines.

        Raises:
            SchemaDrift: another preamble, another offer, or a needed column is missing.
        """
        with path.open(newline="", encoding="utf-8") as file:
            reader = csv.reader(file)
            head = [row for row, _ in zip(reader, range(len(PREAMBLE) + 1), strict=False)]
        preamble = {row[0]: row[1] for row in head[: len(PREAMBLE)] if len(row) == len(("key", "value"))}
        if tuple(preamble) != PREAMBLE or preamble["OfferCode"] != offer:
            raise SchemaDrift(f"{path.name}: expected five lines {PREAMBLE} of {offer}, got {head[:5]!r:.200}")
        columns = tuple(head[-1]) if len(head) > len(PREAMBLE) else ()
        needed = frozenset(needed)
        if missing := needed.difference(columns):
            raise SchemaDrift(f"{path.name}: needed columns are missing: {', '.join(sorted(missing))}")
        log.info("%s: %d columns, %d of them unread", path.name, len(columns), len(frozenset(columns) - needed))
        return cls(path, preamble["Version"], datetime.fromisoformat(preamble["Publication Date"]), columns)

    def scan(self, needed: Iterable[str], optional: Iterable[str] = ()) -> str:
        """SQL that reads the named columns as text; a missing optional one reads as NULL."""
        optional = tuple(optional)
        wanted = {*needed, *optional}
        # Columns beside them keep their place only: their names may repeat.
        columns = (literal(c if c in wanted else f"unread {i}") + ": 'varchar'" for i, c in enumerate(self.columns))
        absent = wanted.difference(self.columns)
        selected = (f"cast(null as varchar) as {name(c)}" if c in absent else name(c) for c in sorted(wanted))
        return f"""
            select {", ".join(selected)}
            from read_csv(
                {literal(str(self.path))}, columns = {{{", ".join(columns)}}}, auto_detect = false, header = false,
                skip = {len(PREAMBLE) + 1}, delim = ',', quote = '"', escape = '"'
            )
        """


def unmet(filters: Mapping[str, tuple[str, ...]]) -> list[str]:
    """SQL case branches: the first filter that a row fails is its reason, e.g. ``Tenancy=Dedicated``."""
    return [
        f"when coalesce({name(c)}, '') not in ({literals(accepted)}) then {literal(c + '=')} || coalesce({name(c)}, '')"
        for c, accepted in filters.items()
    ]


def classify(
    con: duckdb.DuckDBPyConnection,
    csv: OfferCsv,
    needed: Iterable[str],
    optional: Iterable[str],
    reasons: Iterable[str],
    price: str,
) -> dict[str, int]:
    """Read the file once: wanted rows into view ``offer`` with a typed ``price``, the others counted.

    Args:
        reasons: SQL case branches that tell why a row is left out; ``then null`` keeps it.
        price: the column that holds the price.

    Returns:
        Number of rows left out, by reason.
    """
    needed, optional = tuple(needed), tuple(optional)
    columns = ", ".join(f"case when reason is null then {name(c)} end as {name(c)}" for c in (*needed, *optional))
    scan = f"""
        create temp table classified as
        with judged as (select *, case {" ".join(reasons)} end as reason from ({csv.scan(needed, optional)}))
        select reason, {columns}, try_cast({name(price)} as decimal(18, 10)) as price from judged
    """
    read(con, scan, csv.path.name)
    con.execute("create temp view offer as select * from classified where reason is null")
    counts = con.execute("select reason, count(*) from classified where reason is not null group by all order by all")
    return dict(counts.fetchall())


def one_at_a_time(ask: Ask) -> threading.Lock:
    """A lock of the run: regions download side by side, but only one is in DuckDB's memory."""
    return ask.web.once("aws offer in memory", threading.Lock)


def know_accelerated(con: duckdb.DuckDBPyConnection, ask: Ask) -> None:
    """Table ``accelerated``: the instance types that are known to carry an accelerator."""
    skus = sorted(ask.skus.get("aws", ()))
    con.execute("create temp table accelerated as select unnest($1::varchar[]) as sku", [skus])
