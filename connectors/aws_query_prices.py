"""On-demand prices from the Query API, one call per accelerated type: a second vote on the price list.

Needs credentials. Minutes and a few MB for all regions, where the bulk files are gigabytes; the
warehouse keeps the bulk file's price and lists where this one differs.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from connectors.ask import Ask, connector
from connectors.aws_offer_json import decimal
from connectors.aws_offers import LOCATION_TYPES, parent_region
from connectors.aws_session import HOME_REGION, client, listed
from connectors.drift import Rows, text, told
from connectors.records import InstancePrice, Partition, Rejected, add_once

KIND = "on_demand"
# The filters of aws_prices in the Query API's words.
FILTERS = {
    "tenancy": "Shared",
    "operatingSystem": "Linux",
    "preInstalledSw": "NA",
    "licenseModel": "No License required",
    "capacitystatus": "Used",
    "marketoption": "OnDemand",
    "operation": "RunInstances",
}


@connector(
    "aws_query_prices",
    record=InstancePrice,
    licence="AWS price list, public; see its disclaimer",
)
def aws_query_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition per region, from one listing per type over all regions; and one of products without a region."""
    api = client(ask, "pricing", HOME_REGION)  # other regions resolve to hosts that do not exist
    url = api.meta.endpoint_url
    by_region: defaultdict[str, list[Mapping[str, Any]]] = defaultdict(list)
    rows = Rows(url)
    for sku in sorted(ask.skus.get("aws", ())):
        for document in products_of(api, sku):
            with rows.reading(document, sku):
                product = json.loads(document)
                by_region[text(product["product"]["attributes"]["regionCode"])].append(product)
    rows.check()
    if rows.rejected:
        yield Partition.of(InstancePrice, (), region=region, kind=KIND, rejected=rows.rejected, source_url=url)
    for code, found in sorted(by_region.items()):
        yield query_partition(code, found, url)


def products_of(api: Any, sku: str) -> list[str]:
    """All regions' plain Linux products of one instance type, each a document of its own."""
    wanted = FILTERS | {"instanceType": sku}
    filters = [{"Type": "TERM_MATCH", "Field": field, "Value": value} for field, value in wanted.items()]
    return listed(api, "get_products", "PriceList", ServiceCode="AmazonEC2", Filters=filters, FormatVersion="aws_v1")


def query_partition(code: str, products: Iterable[Mapping[str, Any]], url: str) -> Partition:
    """The on-demand prices of one region; two products for one type are both rejected."""
    dropped: Counter[str] = Counter()
    rejected: list[Rejected] = []
    rows: defaultdict[str, list[InstancePrice]] = defaultdict(list)
    reader = Rows(url, rejected)
    for product in products:
        with reader.reading(product, told(product, "product", "attributes", "instanceType")):
            attributes = product["product"]["attributes"]
            failed = [name for name, value in FILTERS.items() if attributes.get(name, value) != value]
            if failed:
                dropped[f"{failed[0]}={attributes[failed[0]]}"] += 1
                continue
            for rate_code, unit, currency, told_price in list(rates(product)):
                price = decimal(told_price)
                if unit != "Hrs" or price is None or price <= 0:
                    key = f"{attributes['instanceType']}/{rate_code}"
                    rejected.append(Rejected.of(key, "unreadable price", {"unit": unit, "price": told_price}))
                else:
                    row = _record(code, product, rate_code, currency, price, url)
                    add_once(rows[f"{row.sku}/{row.currency}"], row, dropped)
    reader.check()
    for key, clashing in rows.items():
        if len(clashing) > 1:
            rejected += [
                Rejected.of(key, "conflict", {"code": r.source_key, "price": r.price_per_hour}) for r in clashing
            ]
    kept = [found[0] for _, found in sorted(rows.items()) if len(found) == 1]
    version = max((row.source_version for row in kept), default="")
    return Partition.of(
        InstancePrice,
        kept,
        region=code,
        kind=KIND,
        rejected=rejected,
        dropped=dropped,
        source_url=url,
        source_version=version,
    )


def rates(product: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """(rate code, unit, currency, price text) of the on-demand terms."""
    for term in product["terms"].get("OnDemand", {}).values():
        for code, dimension in term["priceDimensions"].items():
            for currency, price in dimension["pricePerUnit"].items():
                yield code, dimension["unit"], currency, price


def _record(
    code: str, product: Mapping[str, Any], rate_code: str, currency: str, price: Decimal, url: str
) -> InstancePrice:
    attributes = product["product"]["attributes"]
    parent = parent_region(code)
    return InstancePrice(
        provider="aws",
        region=parent,
        zone="" if parent == code else code,
        location_type=LOCATION_TYPES[attributes["locationType"]],
        sku=attributes["instanceType"],
        operating_system="Linux",
        purchase_option="on_demand",
        currency=currency,
        price_per_hour=price,
        list_per_hour=None,
        upfront=None,
        term_hours=None,
        quality="list",
        source_url=url,
        source_version=product["version"],
        source_key=rate_code,
        published_at=datetime.fromisoformat(product["publicationDate"]),
    )
