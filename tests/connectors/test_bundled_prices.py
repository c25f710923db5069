"""The baseline table, and what is refused in it."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask
from connectors.bundled_prices import bundled_prices
from connectors.errors import SchemaDrift
from connectors.web import Web
from tests.connectors.asking import DAY, SEEDS, pulled, rows_of

HEADER = (
    "provider,region,zone,sku,operating_system,purchase_option,currency,usd_per_hour,list_per_hour,upfront,"
    "term_hours,quality,source_url,source_version,source_key,published_at"
)
ROW = "azure,eastus,,Standard_ND96isr_H100_v5,Linux,reserved_1y,USD,{price},,,8760,list,u,v,k,{day}"


def ask_for(seeds: Path) -> Ask:
    return Ask(DAY, "", Web(offline=True), seeds, options={"seeds": str(seeds)})


def write(folder: Path, *rows: str) -> Path:
    (folder / "baseline_price.csv").write_text("\n".join((HEADER, *rows)) + "\n")
    return folder


def test_every_row_of_the_table_is_yielded() -> None:
    with (SEEDS / "baseline_price.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    partitions = pulled(bundled_prices, ask_for(SEEDS))
    found = {(r["region"], r["sku"], r["purchase_option"]): r["price_per_hour"] for r in rows_of(partitions)}
    assert found == {(r["region"], r["sku"], r["purchase_option"]): Decimal(r["usd_per_hour"]) for r in table}
    assert len(found) == len(table) >= 60
    assert {r["provider"] for r in rows_of(partitions)} == {"aws", "azure"}


def test_partitions_are_by_region_and_kind(tmp_path: Path) -> None:
    seeds = write(tmp_path, ROW.format(price="62.9248", day="2026-08-22"), ROW.format(price="62.9", day="2026-08-23"))
    (partition,) = pulled(bundled_prices, ask_for(seeds))
    assert (partition.region, partition.kind, str(partition.as_of)) == ("eastus", "reserved", "2026-08-23")


@pytest.mark.parametrize(
    ("price", "day"), [("0", "2026-08-22"), ("x", "2026-08-22"), ("1", "August"), ("", "2026-08-22")]
)
def test_a_row_that_cannot_be_read_stops_the_table(tmp_path: Path, price: str, day: str) -> None:
    seeds = write(tmp_path, ROW.format(price=price, day=day))
    with pytest.raises(SchemaDrift, match="line 2"):
        pulled(bundled_prices, ask_for(seeds))
