"""On-demand prices from the small feed behind AWS's own price pages: every region on a first run.

Undocumented, about 0.7 MB a region, Linux on-demand only. The price list stays the better source; this
one covers the regions whose bulk file is not read, and votes on the others, so it asks for all of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from connectors.answer import NOT_MODIFIED, OK
from connectors.ask import Ask, connector
from connectors.aws_offer_json import decimal
from connectors.aws_offers import checked_code
from connectors.drift import Rows, reading, text, told
from connectors.errors import SchemaDrift
from connectors.records import InstancePrice, Partition, Rejected, add_once

KIND = "on_demand"
LOCATIONS = "/locations/1.0/aws/current/locations.json"
PRICES = "/pricing/2.0/meteredUnitMaps/ec2/USD/current/ec2-ondemand-without-sec-sel/{location}/Linux/index.json"


def plan(ask: Ask) -> Sequence[str]:
    """All regions (no zones) of AWS's location list."""
    return sorted(locations(ask))


def locations(ask: Ask) -> dict[str, str]:
    """Region code -> the name that stands in the addresses: ``eu-west-1`` -> ``EU (Ireland)``."""
    answer = ask.web.get(ask.url + LOCATIONS)
    with reading(answer.url):
        return {
            checked_code(place["code"]): name for name, place in answer.json().items() if place["type"] == "AWS Region"
        }


@connector(
    "aws_web_prices",
    record=InstancePrice,
    setting="AWS_WEB_FEED_URL",
    url="https://b0.p.awsstatic.com",
    licence="public, undocumented",
    plan=plan,
)
def aws_web_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """One partition: the on-demand prices of one region.

    Raises:
        SchemaDrift: another shape, or a file of another region.
    """
    location = locations(ask).get(region)
    if location is None:
        raise SchemaDrift(f"{ask.url}{LOCATIONS}: no region {region}")
    known = ask.known.get((region, KIND))
    headers = {"If-None-Match": known.etag} if known and known.etag else {}
    url = ask.url + PRICES.format(location=quote(location))
    answer = ask.web.get(url, headers=headers, accept=(OK, NOT_MODIFIED))
    if answer.status == NOT_MODIFIED:
        same = Partition.of(InstancePrice, (), region=region, kind=KIND, source_url=url)
        yield replace(same, etag=headers["If-None-Match"], unchanged=True)
        return
    ask.keep(f"{region}.json", answer)
    document = answer.json()
    with reading(url):
        found = feed_partition(ask, region, document["regions"][location], document["manifest"], url)
    yield replace(found, etag=answer.header("ETag"))


def feed_partition(
    ask: Ask, region: str, prices: Mapping[str, Mapping[str, Any]], manifest: Mapping[str, Any], url: str
) -> Partition:
    """The prices of the types asked; two for one type are both rejected."""
    dropped: Counter[str] = Counter()
    rejected: list[Rejected] = []
    rows: defaultdict[str, list[InstancePrice]] = defaultdict(list)
    reader = Rows(url, rejected)
    for entry in prices.values():
        with reader.reading(entry, told(entry, "Instance Type")):
            sku, price = text(entry["Instance Type"]), decimal(entry["price"])
            if ask.scope == "accelerated" and sku not in ask.skus.get("aws", ()):
                dropped["not accelerated"] += 1
            elif entry.get("Operating System", "Linux") != "Linux":
                dropped[f"Operating System={entry['Operating System']}"] += 1
            elif price is None or price <= 0:
                rejected.append(Rejected.of(sku, "unreadable price", entry))
            else:
                row = _record(region, sku, price, entry.get("rateCode", sku), manifest, url)
                add_once(rows[sku], row, dropped)
    reader.check()
    for sku, clashing in rows.items():
        if len(clashing) > 1:
            rejected += [Rejected.of(sku, "conflict", {"price": r.price_per_hour}) for r in clashing]
    published_at = datetime.fromisoformat(manifest["hawkFilePublicationDate"])
    return Partition.of(
        InstancePrice,
        [found[0] for _, found in sorted(rows.items()) if len(found) == 1],
        region=region,
        kind=KIND,
        rejected=rejected,
        dropped=dropped,
        source_url=url,
        source_version=manifest["hawkFilePublicationDate"],
        as_of=published_at.date(),
    )


def _record(region: str, sku: str, price: Decimal, key: str, manifest: Mapping[str, Any], url: str) -> InstancePrice:
    return InstancePrice(
        provider="aws",
        region=region,
        zone="",
        location_type="region",
        sku=sku,
        operating_system="Linux",
        purchase_option="on_demand",
        currency=manifest.get("currencyCode", "USD"),
        price_per_hour=price,
        list_per_hour=None,
        upfront=None,
        term_hours=None,
        quality="undocumented",
        source_url=url,
        source_version=manifest["hawkFilePublicationDate"],
        source_key=key,
        published_at=datetime.fromisoformat(manifest["hawkFilePublicationDate"]),
    )
