"""Exchange rates of currencies that the ECB does not quote, from frankfurter.dev: central banks, no key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from connectors.ask import Ask, connector
from connectors.drift import Rows, reading, told
from connectors.errors import SchemaDrift
from connectors.records import FxRate, Partition, Rejected
from connectors.tariff_rows import PLACES, number

PATH = "/v2/rates"
BASE = "EUR"
QUOTES = ("AED", "BHD", "CLP", "QAR", "SAR", "TWD")


@connector(
    "frankfurter_rates",
    record=FxRate,
    setting="FRANKFURTER_URL",
    url="https://api.frankfurter.dev",
    licence="reference rates of central banks, free reuse",
)
def frankfurter_rates(ask: Ask, region: str) -> Iterator[Partition]:
    """Units of each currency for one euro, latest day at most the night's date."""
    url = ask.url + PATH
    params = {"base": BASE, "quotes": ",".join(QUOTES), "date": ask.day.isoformat()}
    answer = ask.web.get(url, params=params)
    ask.keep("rates.json", answer)
    with reading(url):
        rates, rejected = read_rates(answer.json(), url)
    yield Partition.of(
        FxRate,
        rates,
        region=region,
        kind="fx",
        rejected=rejected,
        source_url=url,
        as_of=max(r.rate_date for r in rates),
    )


def read_rates(rows: Sequence[Mapping[str, Any]], url: str) -> tuple[list[FxRate], list[Rejected]]:
    """Rates of the currencies asked for.

    Raises:
        SchemaDrift: another base (a rate read upside down), or no rate at all.
    """
    rates: list[FxRate] = []
    rejected: list[Rejected] = []
    for row in rows:
        with Rows(url, rejected).reading(row, f"{BASE}/{told(row, 'quote')}"):
            rate = number(row["rate"])
            if row["base"] != BASE:
                raise SchemaDrift(f"{url}: asked for rates of one {BASE}, got one {row['base']}")
            if rate is None or rate <= 0 or row["quote"] not in QUOTES:
                rejected.append(Rejected.of(f"{BASE}/{row['quote']}", "no rate asked for", row))
            else:
                rates.append(FxRate(BASE, row["quote"], date.fromisoformat(row["date"]), rate.quantize(PLACES), url))
    if not rates:
        raise SchemaDrift(f"{url}: no rate of {', '.join(QUOTES)}; got {str(rows)[:80]}")
    return rates, rejected
