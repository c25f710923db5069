"""The European Central Bank's reference rates: 30 currencies against the euro, each TARGET day about 16:00 CET."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from connectors.ask import Ask, connector
from connectors.drift import Rows
from connectors.errors import SchemaDrift
from connectors.records import FxRate, Partition, Rejected
from connectors.tariff_rows import number
from connectors.xml_documents import local_name, parse_xml

# Ninety days in the format of the daily file: nights without network leave no gap.
PATH = "/stats/eurofxref/eurofxref-hist-90d.xml"
BASE = "EUR"


@connector(
    "ecb_rates",
    record=FxRate,
    setting="ECB_URL",
    url="https://www.ecb.europa.eu",
    licence="ECB, free reuse with the source named",
)
def ecb_rates(ask: Ask, region: str) -> Iterator[Partition]:
    """Units of each currency for one euro, one row per currency and fixing day."""
    url = ask.url + PATH
    answer = ask.web.get(url)
    ask.keep("eurofxref.xml", answer)
    rates, rejected = read_rates(answer.body, url)
    last = max(r.rate_date for r in rates)
    yield Partition.of(
        FxRate,
        rates,
        region=region,
        kind="fx",
        rejected=rejected,
        source_url=url,
        source_version=last.isoformat(),
        as_of=last,
    )


def read_rates(body: bytes, url: str) -> tuple[list[FxRate], list[Rejected]]:
    """Rates of every day in a eurofxref document.

    Raises:
        SchemaDrift: no day with rates in it.
    """
    rates: list[FxRate] = []
    rejected: list[Rejected] = []
    days = [e for e in parse_xml(body, url).iter() if local_name(e) == "Cube" and e.get("time")]
    for day in days:
        for cube in day:
            currency, rate = cube.get("currency", ""), number(cube.get("rate"))
            row = {"day": day.get("time"), **cube.attrib}
            with Rows(url, rejected).reading(row, f"{BASE}/{currency}"):
                if currency and rate is not None and rate > 0:
                    rates.append(FxRate(BASE, currency, date.fromisoformat(day.get("time", "")), rate, url))
                else:
                    rejected.append(Rejected.of(f"{BASE}/{currency}", "no rate", row))
    if not rates:
        raise SchemaDrift(f"{url}: expected Cube elements with time, currency and rate; got {body[:80]!r}")
    return rates, rejected
