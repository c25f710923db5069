"""Nights without sources: what each source answers is written straight into landing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from connectors.records import InstancePrice, Partition
from flows import dbt
from flows.config_tables import GateException
from flows.landing import FAILED, part_folder, write_failure, write_part
from flows.load import load_and_gate
from flows.settings import Settings

HISTORY = ("+opt_instance_price",)
Prices = Mapping[str, str]  # sku -> price; "sku CNY" -> price in another currency


@dataclass(frozen=True)
class House:
    """A HOME whose nights are fed by hand."""

    settings: Settings

    @classmethod
    def at(cls, root: Path, exceptions: Sequence[GateException] = ()) -> House:
        settings = Settings(home=root, offline=True, cost_draws=256, gate_exceptions=list(exceptions))
        settings.paths.make()
        return cls(settings)

    def land(self, day: date, source: str, region: str, prices: Prices, kind: str = "on_demand") -> None:
        """One complete answer; a second one of the same night replaces it."""
        folder = self._folder(day, source, region)
        rows = [row(source, region, kind, sku, price) for sku, price in prices.items()]
        write_part(folder, source, [Partition.of(InstancePrice, rows, region=region, kind=kind)])

    def land_unchanged(self, day: date, source: str, region: str, kind: str = "on_demand") -> None:
        """The source says that nothing changed since its last rows."""
        empty = Partition.of(InstancePrice, [], region=region, kind=kind)
        same = Partition(InstancePrice, region, kind, empty.rows, unchanged=True)
        write_part(self._folder(day, source, region), source, [same])

    def fail(self, day: date, source: str, region: str) -> None:
        """The source gave no answer."""
        write_failure(self._folder(day, source, region), source, InstancePrice, region, FAILED, "refused")

    def load(self, day: date) -> None:
        """Landing and gate alone."""
        load_and_gate(self.settings, day)

    def night(self, day: date, select: tuple[str, ...] = HISTORY) -> None:
        """Load, gate and dbt."""
        self.load(day)
        dbt.build(self.settings, day, self.settings.paths.root / "cost.duckdb", command="run", select=select)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.settings.paths.warehouse), read_only=True) as con:
            return con.execute(sql).fetchall()

    def _folder(self, day: date, source: str, region: str) -> Path:
        return part_folder(self.settings.paths.landing, day, source, region)


def row(source: str, region: str, kind: str, named: str, price: str) -> InstancePrice:
    sku, _, currency = named.partition(" ")
    return InstancePrice(
        provider="aws" if "-" in region else "azure",
        region=region,
        zone="",
        location_type="region",
        sku=sku,
        operating_system="Linux",
        purchase_option={"reserved": "reserved_1y_no_upfront"}.get(kind, kind),
        currency=currency or "USD",
        price_per_hour=Decimal(price),
        list_per_hour=None,
        upfront=None,
        term_hours=None,
        quality="undocumented" if source == "aws_web_prices" else "list",
        source_url=f"https://prices.example/{source}",
        source_version="1",
        source_key=sku,
        published_at=datetime(2026, 1, 1, tzinfo=UTC) if source == "bundled_prices" else None,
    )
