"""Tariffs of own US sites from OpenEI's utility rate database: the record that a site names, with a free key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from connectors.ask import Ask, connector
from connectors.drift import reading, told
from connectors.errors import SourceUnavailable
from connectors.records import Partition, Tariff
from connectors.site_rates import URDB_LICENCE, rates_of_urdb

PATH = "/utility_rates"


def labels(ask: Ask) -> Sequence[str]:
    """One part per record that a site of ``costwatt.toml`` names."""
    return sorted({site["urdb"] for site in _sites(ask)})


@connector(
    "openei_tariffs",
    record=Tariff,
    setting="OPENEI_URL",
    url="https://api.openei.org",
    licence=URDB_LICENCE,
    plan=labels,
    needs=("OPENEI_API_KEY",),
)
def openei_tariffs(ask: Ask, region: str) -> Iterator[Partition]:
    """Mean energy price and demand charge of one record, for each site that names it.

    Raises:
        SourceUnavailable: the database has no such record.
    """
    url = ask.url + PATH
    query = {"version": 7, "format": "json", "detail": "full", "getpage": region}
    answer = ask.web.get(url, params=query | {"api_key": ask.secrets["OPENEI_API_KEY"]})
    ask.keep(f"{region}.json", answer)
    with reading(url):
        found = [item for item in answer.json()["items"] if told(item, "label") == region]
        rates = rates_of_urdb(found[0]) if found else None
    if rates is None:
        raise SourceUnavailable(f"{url}: no record {region}; check the site's urdb label")
    tariffs = [
        rates.tariff(site["tariff_zone"], Decimal(str(site["peak_kw"])), ask.day, source_url=url, source_key=region)
        for site in _sites(ask)
        if site["urdb"] == region
    ]
    yield Partition.of(Tariff, tariffs, region=region, kind="site", source_url=url, as_of=rates.valid_to or ask.day)


def _sites(ask: Ask) -> list[Mapping[str, Any]]:
    return [site for site in json.loads(ask.options.get("sites", "[]")) if site.get("urdb")]
