"""Instance prices of our own dated table: the baseline of a machine that never had network."""

from __future__ import annotations

import csv
import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from connectors.ask import Ask, connector
from connectors.errors import SchemaDrift
from connectors.records import InstancePrice, Partition

FILE = "baseline_price.csv"


@connector("bundled_prices", record=InstancePrice, licence="single published prices, cited row by row")
def bundled_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """The table ``baseline_price``, one partition per region and price kind.

    Raises:
        SchemaDrift: a row cannot be read: the table is ours, so nothing is skipped.
    """
    del region  # one small table, read whole
    path = Path(ask.options["seeds"]) / FILE
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    shares: dict[tuple[str, str], list[InstancePrice]] = defaultdict(list)
    for price in _read(path):
        shares[price.region, _kind(price)].append(price)
    for (name, kind), rows in sorted(shares.items()):
        yield Partition.of(
            InstancePrice,
            rows,
            region=name,
            kind=kind,
            source_url=FILE,
            source_version=version,
            as_of=max(row.published_at.date() for row in rows if row.published_at),
        )


def _kind(price: InstancePrice) -> str:
    """``reserved_1y_no_upfront`` -> ``reserved``; ``on_demand`` and ``spot`` stay."""
    return price.purchase_option.partition("_")[0] if price.term_hours else price.purchase_option


def _read(path: Path) -> Iterator[InstancePrice]:
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                yield _price(row)
            except (KeyError, ValueError, TypeError, InvalidOperation) as error:
                raise SchemaDrift(f"{path}, line {line}: {type(error).__name__} {error}") from error


def _price(row: Mapping[str, str]) -> InstancePrice:
    per_hour = Decimal(row["usd_per_hour"])
    if per_hour <= 0 or row["currency"] != "USD":
        raise ValueError(f"a price above 0 in USD expected, got {per_hour} {row['currency']}")
    return InstancePrice(
        provider=row["provider"],
        region=row["region"],
        zone=row["zone"],
        location_type="region",
        sku=row["sku"],
        operating_system=row["operating_system"],
        purchase_option=row["purchase_option"],
        currency=row["currency"],
        price_per_hour=per_hour,
        list_per_hour=_optional(row["list_per_hour"]),
        upfront=_optional(row["upfront"]),
        term_hours=int(row["term_hours"]) if row["term_hours"] else None,
        quality=row["quality"],
        source_url=row["source_url"],
        source_version=row["source_version"],
        source_key=row["source_key"],
        published_at=datetime.fromisoformat(row["published_at"]).replace(tzinfo=UTC),
    )


def _optional(text: str) -> Decimal | None:
    return Decimal(text) if text else None
