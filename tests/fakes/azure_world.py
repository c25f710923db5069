"""Rows of the Azure price list: real GPU prices, and every kind of row that must not be read as one.

``tests/fixtures/azure_prices.csv`` holds USD per hour (reservations: per term) as recorded in
Azure's public list on 2026-08-22; identifiers are made up, of the real form.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRICES = Path(__file__).parents[1] / "fixtures" / "azure_prices.csv"
# Field of a filter -> attribute of Row.
FIELDS = {
    "serviceName": "service",
    "armRegionName": "region",
    "armSkuName": "size",
    "productName": "product",
    "skuName": "name",
    "meterName": "meter",
    "priceType": "type",
    "unitOfMeasure": "unit",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row, without what can be derived."""

    region: str
    size: str
    product: str
    name: str
    price: float
    type: str = "Consumption"
    term: str = ""
    savings: tuple[tuple[str, float], ...] = ()
    start: str = "2023-12-01"
    end: str = ""
    tier: float = 0.0
    unit: str = "1 Hour"
    service: str = "Virtual Machines"
    primary: bool = True
    meter: str = ""

    def wire(self, *, preview: bool) -> dict[str, Any]:
        """The row as the service writes it; absent fields are missing, not null."""
        product_id = "DZH318" + _digest(self.product)[:6].upper()
        meter_id = _digest(self.region, self.product, self.name)
        item: dict[str, Any] = {
            "currencyCode": "USD",
            "tierMinimumUnits": self.tier,
            "reservationTerm": self.term,
            "retailPrice": self.price,
            "unitPrice": self.price,
            "armRegionName": self.region,
            "location": self.region.upper(),
            "effectiveStartDate": f"{self.start}T00:00:00Z",
            "effectiveEndDate": f"{self.end}T00:00:00Z" if self.end else "",
            "meterId": f"{meter_id[:8]}-{meter_id[8:12]}-{meter_id[12:16]}-{meter_id[16:20]}-{meter_id[20:32]}",
            "meterName": self.meter or self.name,
            "productId": product_id,
            "skuId": f"{product_id}/{_digest(self.size, self.name, self.type, self.term)[:4].upper()}",
            "productName": self.product,
            "skuName": self.name,
            "serviceName": self.service,
            "serviceId": "DZH313Z7MMC8",
            "serviceFamily": "Compute",
            "unitOfMeasure": self.unit,
            "type": self.type,
            "isPrimaryMeterRegion": self.primary,
            "armSkuName": self.size,
            "savingsPlan": [{"unitPrice": p, "retailPrice": p, "term": t} for t, p in self.savings] if preview else [],
        }
        optional = {"reservationTerm", "effectiveEndDate", "savingsPlan"}
        return {k: v for k, v in item.items() if v or k not in optional}


def _digest(*parts: str) -> str:
    return hashlib.md5("|".join(parts).encode(), usedforsecurity=False).hexdigest()


def world() -> list[Row]:
    """The recorded sizes of ten regions, a plain size in each, and rows of every unwanted kind."""
    with PRICES.open(newline="") as file:
        records = list(csv.DictReader(file))
    rows = [row for record in records for row in _size(record)]
    rows += [row for region in sorted({r["region"] for r in records}) for row in _plain_size(region)]
    return rows + _oddities()


def _size(record: dict[str, str]) -> Iterator[Row]:
    region, size = record["region"], f"Standard_{record['size']}"
    series = f"Virtual Machines {record['size'].split('_', 1)[0].rstrip('0123456789')} Series"
    windows = f"{series} Windows" if "NCC" not in size else "Virtual Machines NCCadsv5 Srs Win"
    name, payg, spot = record["size"].replace("_", ""), float(record["payg"]), float(record["spot"])
    plans = [("3 Years", record["savings_3y"]), ("1 Year", record["savings_1y"])]
    savings = tuple((term, float(price)) for term, price in plans if price)
    yield Row(region, size, series, name, payg, savings=savings)
    yield Row(region, size, series, f"{name} Spot", spot, start="2026-08-01")
    yield Row(region, size, series, f"{name} Low Priority", round(payg / 5, 4))
    for term, column in (("1 Year", "reserved_1y_total"), ("3 Years", "reserved_3y_total")):
        if record[column]:
            yield Row(region, size, series, name, float(record[column]), type="Reservation", term=term)
    if record["windows"]:
        yield Row(region, size, windows, name, float(record["windows"]))
        yield Row(region, size, windows, name, payg, type="DevTestConsumption")


def _plain_size(region: str) -> Iterator[Row]:
    """Standard_D2s_v3, eastus prices of 2026-06: the Linux row is marked as not primary."""
    series, size = "Virtual Machines DSv3 Series", "Standard_D2s_v3"
    plans = (("3 Years", 0.04512), ("1 Year", 0.06624))
    yield Row(region, size, series, "D2s v3", 0.096, savings=plans, start="2017-12-15", primary=False)
    yield Row(region, size, f"{series} Windows", "D2s v3", 0.188, start="2017-12-15", primary=False)
    yield Row(region, size, series, "D2s v3 Spot", 0.018816, start="2026-06-01")


def _oddities() -> list[Row]:
    h100, product = "Standard_ND96isr_H100_v5", "Virtual Machines ND Series"
    return [
        Row("eastus", h100, product, "ND96isrH100v5", 104.0, start="2022-01-01"),  # superseded
        Row("eastus", h100, product, "ND96isrH100v5", 90.0, start="2999-01-01"),  # not yet in force
        Row("eastus", "Standard_ND96is_H100_v5", product, "ND96isH100v5", 88.488),  # alias, no public size
        Row("eastus", "NDasrA100v4_Type1", "NDasrA100v4 Series Dedicated Host", "Type1", 29.9),
        Row("eastus", "Standard_ND40rs_v2", product, "ND40rs v2 Expired", 22.032),
        Row("eastus", "Standard_ND128isr_GB300_v6", product, "ND128isrGB300v6", 0.0),  # not released
        Row("eastus", "Standard_NC24ads_A100_v4", "NCadsA100v4 Series Cloud Services", "NC24ads", 5.01),
        Row("eastus", "Standard_NC24ads_A100_v4", product, "NC24ads", 150_000.0, type="Reservation", term="10 Years"),
    ]
