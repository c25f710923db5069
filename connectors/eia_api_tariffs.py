"""US electricity prices by state from EIA's API v2: the figures of the 861M workbook, with a free key.

Numbers come as text, a missing one as a dot, units in a field of their own, at most 5,000 rows an
answer and in no order unless one is asked for. The key goes in a header: an address would be logged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from connectors import us_retail
from connectors.ask import Ask, connector
from connectors.drift import Rows, reading, text, told
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import Partition, Tariff
from connectors.tariff_rows import PER_CENT, number
from connectors.us_retail import Ledger, Month

PATH = "/v2/electricity/retail-sales/data/"
PAGE_ROWS = 5000
YEARS_BACK = 3
STATE_LENGTH = 2  # longer ids are regions: NEW, MAT, SAT; and US the whole
NATION = "US"
UNITS = {
    "price-units": ("cents per kilowatt-hour", "cents per kilowatthour"),
    "sales-units": ("million kilowatt hours", "million kilowatthours"),
    "revenue-units": ("million dollars",),
}
MILLION = Decimal(1_000_000)


@connector(
    "eia_api_tariffs",
    record=Tariff,
    setting="EIA_API_URL",
    url="https://api.eia.gov",
    licence=us_retail.LICENCE,
    needs=("EIA_API_KEY",),
)
def eia_api_tariffs(ask: Ask, region: str) -> Iterator[Partition]:
    """Commercial price per state, twelve months' revenue over sales; low is the industrial sector."""
    url = ask.url + PATH
    rows = list(_all_rows(ask, url))
    with reading(url):
        ledger = read_rows(rows, url)
    tariffs = us_retail.tariffs(ledger.months(), source_url=url, source_version="")
    yield Partition.of(
        Tariff,
        tariffs,
        region=region,
        kind="retail",
        rejected=ledger.rejected,
        dropped=ledger.dropped,
        source_url=url,
        as_of=max((t.price_date for t in tariffs), default=None),
    )


def _all_rows(ask: Ask, url: str) -> Iterator[Mapping[str, Any]]:
    """Rows of all pages, until as many came as the source says it has.

    Raises:
        SourceUnavailable: a page is empty before the end: an answer cut short is no answer.
    """
    offset, total = 0, 1
    while offset < total:
        answer = ask.web.get(url, params=_query(ask, offset), headers={"X-Api-Key": ask.secrets["EIA_API_KEY"]})
        ask.keep(f"retail-sales-{offset}.json", answer)
        with reading(url):
            response = answer.json()["response"]
            rows, total = response["data"], int(response["total"])
        if not rows and offset < total:
            raise SourceUnavailable(f"{url}: {offset} of {total} rows, then an empty page")
        yield from rows
        offset += len(rows)


def _query(ask: Ask, offset: int) -> dict[str, Any]:
    return {
        "frequency": "monthly",
        "data[0]": "price",
        "data[1]": "revenue",
        "data[2]": "sales",
        "facets[sectorid][]": [us_retail.COMMERCIAL, us_retail.INDUSTRIAL],
        "start": f"{ask.day.year - YEARS_BACK}-{ask.day.month:02}",
        "sort[0][column]": "period",
        "sort[0][direction]": "desc",
        "sort[1][column]": "stateid",
        "sort[1][direction]": "asc",
        "sort[2][column]": "sectorid",
        "sort[2][direction]": "asc",
        "offset": offset,
        "length": PAGE_ROWS,
    }


def read_rows(rows: list[Mapping[str, Any]], url: str) -> Ledger:
    """Months of the states.

    Raises:
        SchemaDrift: a unit that this reader does not know.
    """
    ledger = Ledger()
    reader = Rows(url, ledger.rejected)
    for row in rows:
        with reader.reading(row, ".".join(told(row, name) for name in ("stateid", "sectorid", "period"))):
            price, sales = number(row.get("price")), number(row.get("sales"))
            if len(text(row["stateid"])) != STATE_LENGTH or row["stateid"] == NATION:
                ledger.dropped["region of states"] += 1
            elif row["sectorid"] not in (us_retail.COMMERCIAL, us_retail.INDUSTRIAL):
                ledger.dropped["other sector"] += 1
            elif price is None or not sales:
                ledger.dropped["no sales"] += 1
            else:
                _check_units(row, url)
                ledger.add(_month(row, sales, price), price, row)
    reader.check()
    return ledger


def _month(row: Mapping[str, Any], sales_gwh: Decimal, cents_per_kwh: Decimal) -> Month:
    """One row; where the revenue is left out it is price times sales."""
    revenue = number(row.get("revenue"))
    sales_kwh = sales_gwh * MILLION
    revenue_usd = revenue * MILLION if revenue is not None else sales_kwh * cents_per_kwh / PER_CENT
    year, month = (int(part) for part in row["period"].split("-"))
    return Month(row["stateid"], row["sectorid"], year, month, revenue_usd, sales_kwh)


def _check_units(row: Mapping[str, Any], url: str) -> None:
    for field, accepted in UNITS.items():
        if field in row and row[field] not in accepted:
            raise SchemaDrift(f"{url}: expected {field} {accepted[0]!r}, got {row[field]!r}")
