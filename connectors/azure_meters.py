"""What one row of an Azure price list means: which size, how bought, for how much an hour.

One size in one region has up to 13 rows, of which four matter. Linux and Windows differ in the
product's name alone; a reservation is priced for its whole term though its unit says "1 Hour"; a
savings plan hangs on the pay-as-you-go row (in China's list: is a row of its own) and is hourly.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from connectors.azure_retail import API_VERSION, CURRENCY, URL, Item
from connectors.records import InstancePrice

ON_DEMAND, SPOT, RESERVED, SAVINGS = "on_demand", "spot", "reserved", "savings"
KINDS = (ON_DEMAND, SPOT, RESERVED, SAVINGS)
KIND_OF_TYPE = {"Reservation": RESERVED, "SavingsPlanConsumption": SAVINGS}
YEAR_HOURS = 8760
TERM_YEARS = {"1 Year": 1, "3 Years": 3, "5 Years": 5}
QUANTUM = Decimal("1e-10")

# Column -> what its text must not match, by the reason that a drop is counted under.
DROPS: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("dev/test", "type", re.compile(r"^DevTestConsumption$")),
    ("windows", "productName", re.compile(r"\bWin(dows)?\b")),
    ("cloud services", "productName", re.compile(r"cloud ?services", re.IGNORECASE)),
    ("dedicated host", "productName", re.compile(r"dedicated ?host", re.IGNORECASE)),
    ("dedicated host", "armSkuName", re.compile(r"[ _-]Type ?\d+\s*$")),
    ("low priority", "skuName", re.compile(r"\bLow Priority\b")),
    ("not a size", "armSkuName", re.compile(r"^(?!\s*(Standard|Basic)_)")),
    ("expired", "meterName", re.compile(r"\bExpired\b")),
)
# Names without which no row is a price; the other columns are read where they stand.
NEEDED = ("armSkuName", "productName", "skuName", "type", "retailPrice", "effectiveStartDate", "currencyCode")


@dataclass(frozen=True)
class PriceList:
    """What a list is about, and what of it is wanted.

    Args:
        sizes: names of the sizes to publish; empty publishes every size.
        paired: the list holds the pay-as-you-go prices too, beside which every other one must stand.
    """

    region: str
    day: date
    sizes: frozenset[str] = frozenset()
    paired: bool = True
    currency: str = CURRENCY
    source_url: str = f"{URL}/api/retail/prices"
    source_version: str = API_VERSION


def kind_of(item: Item) -> str:
    """Price kind that a row, kept or dropped, counts for."""
    spot = re.search(r"\bSpot\b", str(item.get("skuName")))
    return KIND_OF_TYPE.get(str(item.get("type")), SPOT if spot else ON_DEMAND)


def drop_reason(item: Item, day: date) -> str:
    """Why a row is no Linux price of `day`; "" if it is one.

    Raises:
        KeyError: a needed column is missing.
    """
    for reason, column, pattern in DROPS:
        if pattern.search(item[column]):
            return reason
    if item["unitOfMeasure"] != "1 Hour":
        return "not hourly"
    if amount(item["retailPrice"]) == 0:
        return "zero price"
    if item["type"] in KIND_OF_TYPE and item["reservationTerm"] not in TERM_YEARS:
        return f"term of {item['reservationTerm']}"
    return out_of_force(item, day)


def out_of_force(item: Item, day: date) -> str:
    """``future`` or ``expired``; "" for a price of `day`."""
    if moment(item["effectiveStartDate"]).date() > day:
        return "future"
    end = item.get("effectiveEndDate")
    return "expired" if end and moment(end).date() < day else ""


def offer_of(item: Item, of: PriceList) -> InstancePrice:
    """The price that a row states.

    Raises:
        ValueError: another currency than the list's.
    """
    if item["currencyCode"] != of.currency:
        raise ValueError(f"currency {item['currencyCode']}, asked for {of.currency}")
    kind, price = kind_of(item), amount(item["retailPrice"])
    offer = InstancePrice(
        provider="azure",
        region=of.region,
        zone="",
        location_type="region",
        sku=item["armSkuName"].strip(),
        operating_system="Linux",
        purchase_option=kind,
        currency=of.currency,
        price_per_hour=price,
        list_per_hour=None,
        upfront=None,
        term_hours=None,
        # Azure derives nearly all spot prices of the list from pay-as-you-go by one ratio.
        quality="formula" if kind == SPOT else "list",
        source_url=of.source_url,
        source_version=of.source_version,
        source_key=f"{item['skuId']}|{item['meterId']}",
        published_at=moment(item["effectiveStartDate"]),
    )
    if kind in (RESERVED, SAVINGS):
        years = TERM_YEARS[item["reservationTerm"]]
        return _termed(offer, kind, years, price / (years * YEAR_HOURS) if kind == RESERVED else price)
    return offer


def plan_of(plan: Item, offer: InstancePrice) -> InstancePrice:
    """The price of a savings plan that hangs on a row of the size."""
    return _termed(offer, SAVINGS, TERM_YEARS[plan["term"]], amount(plan["retailPrice"]))


def _termed(offer: InstancePrice, kind: str, years: int, per_hour: Decimal) -> InstancePrice:
    """A commitment's price; Azure bills it monthly at no surcharge, so nothing is paid ahead."""
    return replace(
        offer,
        purchase_option=f"{kind}_{years}y",
        price_per_hour=per_hour.quantize(QUANTUM),
        term_hours=years * YEAR_HOURS,
    )


def amount(value: Any) -> Decimal:
    """An amount of the list.

    Raises:
        ValueError: it is no finite number.
    """
    found = Decimal(value)
    if not found.is_finite():
        raise ValueError(f"not a number: {value}")
    return found


def moment(text: Any) -> datetime:
    """A date of the list, in UTC; one without a zone is UTC too."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
