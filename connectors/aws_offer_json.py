"""Small AWS offers as JSON: products and their on-demand rates in one walk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.ask import Ask
from connectors.aws_offers import Offer, OfferFile, region_file, region_files, unchanged
from connectors.drift import Rows, reading, text
from connectors.errors import SchemaDrift
from connectors.records import Partition, Record, Rejected


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
    """One regional offer, parsed; the products that could not be are rejected."""

    file: OfferFile
    version: str
    published_at: datetime
    rates: tuple[Rate, ...]
    rejected: tuple[Rejected, ...] = ()


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
        SchemaDrift: another shape, another offer, or no product that is readable.
    """
    answer = ask.web.get(file.url)
    ask.keep(f"{offer.code}.{file.region}.json", answer)
    document = answer.json()
    with reading(file.url):
        if document["offerCode"] != offer.code:
            raise ValueError(f"offer {document['offerCode']}")
        published_at = datetime.fromisoformat(document["publicationDate"])
        rows = Rows(file.url)
        rates = tuple(_rates(document, rows))
        rows.check()
        return OfferJson(file, document["version"], published_at, rates, tuple(rows.rejected))


def _rates(document: Mapping[str, Any], rows: Rows) -> Iterator[Rate]:
    """The rates of each product; of one that cannot be read none, for a tier left out makes the others wrong."""
    products = document["products"]
    for sku, terms in document["terms"].get("OnDemand", {}).items():
        rates: list[Rate] = []
        with rows.reading({"product": products.get(sku), "terms": terms}, sku):
            rates += list(_rates_of(sku, products[sku], terms))
        yield from rates


def _rates_of(sku: str, product: Mapping[str, Any], terms: Mapping[str, Any]) -> Iterator[Rate]:
    for term in terms.values():
        for code, dimension in term["priceDimensions"].items():
            for currency, price in dimension["pricePerUnit"].items():
                yield Rate(
                    sku,
                    text(product.get("productFamily", "")),
                    {name: text(value) for name, value in product["attributes"].items()},
                    code,
                    text(dimension["unit"]),
                    text(dimension.get("beginRange", "0")),
                    currency,
                    decimal(price),
                )


def decimal(price: object) -> Decimal | None:
    """A price as the wire writes it; None if it is no finite number."""
    try:
        value = Decimal(str(price))
    except InvalidOperation:
        return None
    return value if value.is_finite() else None
