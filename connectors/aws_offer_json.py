"""Small AWS offers as JSON: products and their on-demand rates in one walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.ask import Ask
from connectors.aws_offers import Offer, OfferFile, region_file, region_files, unchanged
from connectors.drift import reading
from connectors.errors import SchemaDrift
from connectors.records import Partition, Record


@dataclass(frozen=True)
class Rate:
    """One price dimension of one product."""

    sku: str
    family: str
    attributes: Mapping[str, str]
    code: str
    unit: str
    begin: str  # lower bound of its tier, in `unit`
    currency: str
    price: Decimal | None  # None: unreadable

    def row(self) -> dict[str, object]:
        """What a rejected row keeps."""
        price = None if self.price is None else str(self.price)
        return {"code": self.code, "unit": self.unit, "begin": self.begin, "price": price, **self.attributes}


@dataclass(frozen=True)
class OfferJson:
    """One regional offer, parsed."""

    file: OfferFile
    version: str
    published_at: datetime
    rates: tuple[Rate, ...]


def regions_of(ask: Ask, offers: Iterable[Offer]) -> list[str]:
    """Regions of the setting in which any of these offers is sold."""
    return sorted({file.region for offer in offers for file in region_files(ask, offer)})


def pull_offer(
    ask: Ask, offer: Offer, region: str, kind: str, record: type[Record], settle: Callable[[OfferJson], Partition]
) -> Iterator[Partition]:
    """The partition that `settle` makes of an offer; "unchanged" for the same version, none where it is not sold."""
    file = _file(ask, offer, region)
    known = ask.known.get((region, kind))
    if file and known and known.source_version == file.version:
        yield from unchanged(file, {kind: record}, known.etag)
    elif file:
        yield settle(read_offer(ask, offer, file))


def _file(ask: Ask, offer: Offer, region: str) -> OfferFile | None:
    try:
        return region_file(ask, offer, region)
    except SchemaDrift:
        return None


def read_offer(ask: Ask, offer: Offer, file: OfferFile) -> OfferJson:
    """Fetch one regional offer; the raw body stays in ``ask.folder``.

    Raises:
        SchemaDrift: another shape, or another offer.
    """
    answer = ask.web.get(file.url)
    ask.keep(f"{offer.code}.{file.region}.json", answer)
    document = answer.json()
    with reading(file.url):
        if document["offerCode"] != offer.code:
            raise ValueError(f"offer {document['offerCode']}")
        published_at = datetime.fromisoformat(document["publicationDate"])
        return OfferJson(file, document["version"], published_at, tuple(_rates(document)))


def _rates(document: dict[str, Any]) -> Iterator[Rate]:
    for sku, terms in document["terms"].get("OnDemand", {}).items():
        product = document["products"][sku]
        for term in terms.values():
            for code, dimension in term["priceDimensions"].items():
                for currency, price in dimension["pricePerUnit"].items():
                    yield Rate(
                        sku,
                        product.get("productFamily", ""),
                        product["attributes"],
                        code,
                        dimension["unit"],
                        dimension.get("beginRange", "0"),
                        currency,
                        decimal(price),
                    )


def decimal(text: str) -> Decimal | None:
    """A price as the wire writes it; None if it is no finite number."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
