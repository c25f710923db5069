"""Tariffs of our own dated table: for the zones that no live source covers, and for nights without network.

Some utilities publish a page or a decision a year and no data: such prices are kept by hand, each
with its period, basis, confidence and source.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from connectors.ask import Ask, connector
from connectors.errors import SchemaDrift
from connectors.price_period import first_day, last_day
from connectors.records import Partition, Tariff
from connectors.tariff_rows import number, per_kwh, settle

LICENCE = "single published facts, cited"


@connector("static_tariffs", record=Tariff, licence=LICENCE)
def static_tariffs(ask: Ask, region: str) -> Iterator[Partition]:
    """The table ``static_tariff`` as tariffs; a price holds from the first day of its period.

    Raises:
        SchemaDrift: a column is missing or a row cannot be read: the table is ours, so nothing is skipped.
    """
    path = Path(ask.options["seeds"]) / "static_tariff.csv"
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:16]
    tariffs, rejected = settle(_read(path, version))
    yield Partition.of(
        Tariff,
        tariffs,
        region=region,
        kind="retail",
        rejected=rejected,
        source_url=path.name,
        source_version=version,
        # a period that still runs ends in the future
        as_of=min(ask.day, max((t.price_date for t in tariffs), default=ask.day)),
    )


def _read(path: Path, version: str) -> Iterator[Tariff]:
    with path.open(encoding="utf-8", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), start=2):
            try:
                yield _tariff(row, version)
            except (KeyError, ValueError, TypeError) as error:
                raise SchemaDrift(f"{path}, line {line}: {type(error).__name__} {error}") from error


def _tariff(row: Mapping[str, str], version: str) -> Tariff:
    value, low, high = (number(row[name]) for name in ("value", "low", "high"))
    if value is None or low is None or high is None or not 0 < low <= value <= high:
        raise ValueError(f"low <= value <= high, above 0, expected; got {row['low']}, {row['value']}, {row['high']}")
    if row["unit"] != f"{row['currency']}/kWh":
        raise ValueError(f"unit {row['unit']!r} where {row['currency']}/kWh was expected")
    return Tariff(
        tariff_zone=row["tariff_zone"],
        kind="retail",
        valid_from=first_day(row["price_period"]),
        price_date=last_day(row["price_period"]),
        price_period=row["price_period"],
        currency=row["currency"],
        local_per_kwh=per_kwh(value),
        local_per_kwh_low=per_kwh(low),
        local_per_kwh_high=per_kwh(high),
        demand_per_kw_month=None,
        band=row["sector"],
        band_min_mwh_per_year=None,
        tax_basis=row["tax_basis"],
        confidence=row["confidence"],
        source_url=row["source"],
        source_version=version,
        source_key=f"{row['tariff_zone']}.{row['price_period']}",
        licence=LICENCE,
    )
