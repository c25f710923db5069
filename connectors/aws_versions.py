"""Old versions of an AWS price list: AWS keeps every one, and an index names them.

A version is the moment of its publication (20260910195514); the begin and end dates beside it are
rounded to months and sometimes crossed, so they are not read.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

from connectors.address import on_host
from connectors.ask import Ask
from connectors.aws_offers import Offer, OfferFile
from connectors.drift import reading

VERSION_FORMAT = "%Y%m%d%H%M%S"


def versions(ask: Ask, offer: Offer) -> list[str]:
    """Names of all versions of an offer, oldest first.

    Raises:
        SchemaDrift: the index is missing or has another shape.
        UnsafeAddress: an index names another host.
    """
    offers = ask.web.get(ask.url + offer.index)
    with reading(offers.url):
        index = ask.web.get(on_host(ask.url, offers.json()["offers"][offer.code]["versionIndexUrl"]))
    with reading(index.url):
        return sorted(name for name in index.json()["versions"] if published_on(name))  # raises for others


def published_on(version: str) -> date:
    """Day (UTC) on which a version came out."""
    return datetime.strptime(version, VERSION_FORMAT).replace(tzinfo=UTC).date()


def in_force(names: list[str], first: date, until: date) -> dict[date, str]:
    """The last version of each day from `first` to before `until`, and the one in force on `first`.

    Args:
        names: versions, oldest first.
        first: first day asked.
        until: day after the last one asked.

    Returns:
        Version by the first day on which a night would have seen it.
    """
    if first >= until:
        return {}
    seen = {published_on(name): name for name in names if published_on(name) < until}
    before = [day for day in seen if day <= first]
    start = {first: seen[max(before)]} if before else {}
    return start | {day: name for day, name in sorted(seen.items()) if day > first}


def version_file(ask: Ask, offer: Offer, version: str, region: str) -> OfferFile:
    """The file of one region in an old version."""
    return OfferFile(region, version, f"{ask.url}/offers/v1.0/aws/{offer.code}/{version}/{region}/index.json")
