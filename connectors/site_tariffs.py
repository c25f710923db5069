"""Tariffs of own sites as ``costwatt.toml`` gives them: a contract's energy, demand and fixed charges."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

from connectors.ask import Ask, connector
from connectors.errors import SchemaDrift
from connectors.records import Partition, Tariff
from connectors.site_rates import rates_of_rules
from connectors.tariff_rows import settle

SOURCE, LICENCE = "costwatt.toml", "given by the user"


@connector("site_tariffs", record=Tariff, licence=LICENCE)
def site_tariffs(ask: Ask, region: str) -> Iterator[Partition]:
    """One tariff per ``[[site]]`` with rules of its own (sites that name a URDB record are OpenEI's).

    Raises:
        SchemaDrift: a site that cannot be read; names it and says what is wrong.
    """
    sites = [site for site in json.loads(ask.options.get("sites", "[]")) if not site.get("urdb")]
    tariffs: list[Tariff] = []
    for site in sites:
        zone = site.get("tariff_zone", "?")
        try:
            peak_kw = Decimal(str(site["peak_kw"]))
            tariffs.append(rates_of_rules(site).tariff(zone, peak_kw, ask.day, source_url=SOURCE, source_key=zone))
        except (KeyError, ValueError, TypeError, IndexError, ArithmeticError) as error:
            raise SchemaDrift(f"{SOURCE}, site {zone}: {type(error).__name__} {error}") from error
    kept, rejected = settle(tariffs)
    yield Partition.of(Tariff, kept, region=region, kind="site", rejected=rejected, source_url=SOURCE)
