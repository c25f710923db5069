"""European prices for non-household users, by country and consumption band: Eurostat nrg_pc_205, no key.

Half-yearly averages over all contracts of a band: energy, network and levies, without VAT
(``X_VAT``). They contain demand charges. The band of a site follows from its yearly use: all bands
are landed, each with the use it starts at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from connectors.ask import Ask, connector
from connectors.drift import reading
from connectors.errors import SchemaDrift
from connectors.json_stat import Cell, cells
from connectors.price_period import last_day
from connectors.records import Partition, Rejected, Tariff
from connectors.tariff_rows import per_kwh, settle

PATH = "/eurostat/api/dissemination/statistics/1.0/data/nrg_pc_205"
LICENCE = "Eurostat, free reuse with the source named (2011/833/EU)"


class Band(NamedTuple):
    """A consumption band of the statistic."""

    name: str
    min_mwh_per_year: float


BANDS = {
    "MWH20-499": Band("IB", 20),
    "MWH500-1999": Band("IC", 500),
    "MWH2000-19999": Band("ID", 2_000),
    "MWH20000-69999": Band("IE", 20_000),
    "MWH70000-149999": Band("IF", 70_000),
    "MWH_GE150000": Band("IG", 150_000),
}
ORDER = [band.name for band in BANDS.values()]
FILTERS = {"tax": "X_VAT", "currency": "EUR", "unit": "KWH"}
ISO_COUNTRY = {"EL": "GR", "UK": "GB"}
COUNTRY_LENGTH = 2  # longer codes are aggregates: EU27_2020, EA
PERIODS = 3
ENDED = timedelta(days=400)  # behind the newest period of the same answer: the series has stopped
# EUR per kWh, inside the USD bounds of the model opt_tariff_band: a price beyond them is shown, not used.
BOUNDS = (Decimal("0.005"), Decimal("0.60"))
NO_PRICE_FLAGS = "c"  # confidential: the cell is empty or meaningless
CONFIDENCE_OF_FLAG = {"e": "medium", "p": "medium", "d": "medium", "b": "medium", "u": "low"}


@connector("eurostat_tariffs", record=Tariff, setting="EUROSTAT_URL", url="https://ec.europa.eu", licence=LICENCE)
def eurostat_tariffs(ask: Ask, region: str) -> Iterator[Partition]:
    """EUR per kWh by country and band; low is the next larger band, high the next smaller one."""
    url = ask.url + PATH
    params = FILTERS | {"format": "JSON", "lang": "EN", "lastTimePeriod": PERIODS, "nrg_cons": list(BANDS)}
    answer = ask.web.get(url, params=params)
    ask.keep("nrg_pc_205.json", answer)
    with reading(url):
        document = answer.json()
        version = str(document.get("updated", ""))
        tariffs, rejected, dropped = read_prices(document, url, version)
    kept, conflicts = settle(tariffs)
    yield Partition.of(
        Tariff,
        kept,
        region=region,
        kind="retail",
        rejected=[*rejected, *conflicts],
        dropped=dropped,
        source_url=url,
        source_version=version,
        as_of=max((t.price_date for t in kept), default=None),
    )


def read_prices(
    document: Mapping[str, Any], url: str, version: str
) -> tuple[list[Tariff], list[Rejected], Counter[str]]:
    """Tariffs of an answer, what is not believable in it, and counts of what was left out.

    Raises:
        SchemaDrift: another unit, currency, tax basis or band than asked for.
    """
    prices: dict[tuple[str, str, str], Cell] = {}
    rejected: list[Rejected] = []
    dropped: Counter[str] = Counter()
    for cell in cells(document):
        _check_filters(cell, url)
        key = (cell.place["geo"], cell.place["time"], BANDS[cell.place["nrg_cons"]].name)
        if len(key[0]) != COUNTRY_LENGTH:
            dropped["aggregate of countries"] += 1
        elif cell.value is None or NO_PRICE_FLAGS in cell.status:
            dropped["not published"] += 1
        elif cell.value <= 0:
            rejected.append(Rejected.of("/".join(key), "published as zero", {**cell.place, "value": cell.value}))
        elif not BOUNDS[0] <= cell.value <= BOUNDS[1]:
            reason = f"{cell.value} EUR/kWh is outside {BOUNDS[0]}..{BOUNDS[1]}"
            rejected.append(Rejected.of("/".join(key), reason, {**cell.place, "value": cell.value}))
        else:
            prices[key] = cell
    newest = max((last_day(time) for _, time, _ in prices), default=date.min)
    for geo, time, band in sorted(key for key in prices if newest - last_day(key[1]) > ENDED):
        dropped["series has ended"] += 1
        del prices[geo, time, band]
    return [_tariff(key, prices, url, version) for key in sorted(prices)], rejected, dropped


def _check_filters(cell: Cell, url: str) -> None:
    wrong = {name: cell.place.get(name) for name, wanted in FILTERS.items() if cell.place.get(name) != wanted}
    if wrong or cell.place.get("nrg_cons") not in BANDS:
        raise SchemaDrift(f"{url}: expected only {FILTERS} and bands {', '.join(BANDS)}; got {cell.place}")


def _tariff(key: tuple[str, str, str], prices: Mapping[tuple[str, str, str], Cell], url: str, version: str) -> Tariff:
    geo, time, band = key
    end, cell, place = last_day(time), prices[key], ORDER.index(band)
    near = [_price(prices, (geo, time, other)) for other in ORDER[max(0, place - 1) : place + 2]]
    known = [p for p in near if p is not None]
    return Tariff(
        tariff_zone=ISO_COUNTRY.get(geo, geo),
        kind="retail",
        valid_from=end,
        price_date=end,
        price_period=time,
        currency="EUR",
        local_per_kwh=per_kwh(cell.value or Decimal()),
        local_per_kwh_low=min(known),
        local_per_kwh_high=max(known),
        demand_per_kw_month=None,
        band=band,
        band_min_mwh_per_year=next(b.min_mwh_per_year for b in BANDS.values() if b.name == band),
        tax_basis="excl_vat",
        confidence=CONFIDENCE_OF_FLAG.get(cell.status, "high"),
        source_url=url,
        source_version=version,
        source_key=f"{geo}.{cell.place['nrg_cons']}.{time}",
        licence=LICENCE,
    )


def _price(prices: Mapping[tuple[str, str, str], Cell], key: tuple[str, str, str]) -> Decimal | None:
    cell = prices.get(key)
    return per_kwh(cell.value) if cell is not None and cell.value is not None else None
