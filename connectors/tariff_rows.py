"""What every source of electricity prices needs: exact amounts, and one price for one key."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from connectors.records import Rejected, Tariff

PLACES = Decimal("1e-10")
PER_MWH = Decimal(1000)  # kWh
PER_CENT = Decimal(100)


def per_kwh(amount: Decimal) -> Decimal:
    """An amount per kWh at the ten decimals of the landing tables."""
    return amount.quantize(PLACES)


def number(text: object) -> Decimal | None:
    """A finite number from the wire; ``None`` for publishers' marks of absence (".", "-", "n/a", null)."""
    try:
        value = Decimal(str(text).strip())
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def settle(rows: Iterable[Tariff]) -> tuple[list[Tariff], list[Rejected]]:
    """One row per key: equal repeats count once; of two prices for one key none is picked."""
    by_key: dict[tuple[object, ...], list[Tariff]] = {}
    for row in rows:
        versions = by_key.setdefault(tuple(getattr(row, name) for name in Tariff.KEY), [])
        if row not in versions:
            versions.append(row)
    kept = [versions[0] for versions in by_key.values() if len(versions) == 1]
    rejected = [
        Rejected.of("/".join(map(str, key)), "conflict", dataclasses.asdict(row))
        for key, versions in by_key.items()
        if len(versions) > 1
        for row in versions
    ]
    return kept, rejected
