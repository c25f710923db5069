"""The tables of regions and tariff zones: complete, and each place in the country that it names."""

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.aemo_wholesale import aemo_wholesale
from connectors.bundled_rates import bundled_rates
from connectors.energy_charts_wholesale import energy_charts_wholesale
from connectors.entsoe_wholesale import entsoe_wholesale
from connectors.jepx_wholesale import AREAS
from connectors.price_period import last_day
from connectors.static_tariffs import static_tariffs
from tests.connectors.asking import SEEDS, ask_table, pulled, rows_of

# Latitude and longitude of the southwest and northeast corners, rounded outwards to half a degree.
BOXES = {
    "AE": (22.5, 51.5, 26.5, 56.5), "AT": (46.0, 9.5, 49.0, 17.5), "AU": (-44.0, 112.5, -10.0, 154.0),
    "BE": (49.0, 2.5, 51.5, 6.5), "BH": (25.5, 50.0, 26.5, 51.0), "BR": (-34.0, -74.0, 5.5, -34.5),
    "CA": (41.5, -141.0, 83.5, -52.5), "CH": (45.5, 5.5, 48.0, 10.5), "CL": (-56.0, -76.0, -17.5, -66.0),
    "CN": (18.0, 73.5, 53.5, 135.0), "DE": (47.0, 5.5, 55.5, 15.5), "DK": (54.5, 8.0, 58.0, 15.5),
    "ES": (36.0, -9.5, 44.0, 4.5), "FR": (41.0, -5.5, 51.5, 10.0), "GB": (49.5, -8.5, 61.0, 2.0),
    "GR": (34.5, 19.0, 42.0, 29.0), "HK": (22.0, 113.5, 22.5, 114.5), "ID": (-11.0, 95.0, 6.0, 141.0),
    "IE": (51.0, -11.0, 55.5, -5.5), "IL": (29.0, 34.0, 33.5, 36.0), "IN": (6.5, 68.0, 36.0, 97.5),
    "IT": (35.5, 6.5, 47.5, 18.5), "JP": (24.0, 122.5, 46.0, 146.0), "KR": (33.0, 124.5, 39.0, 131.0),
    "MX": (14.5, -118.5, 33.0, -86.5), "MY": (0.5, 99.5, 7.5, 119.5), "NL": (50.5, 3.0, 53.5, 7.5),
    "NO": (57.5, 4.5, 71.5, 31.5), "NZ": (-47.5, 166.0, -34.0, 179.0), "PL": (49.0, 14.0, 55.0, 24.5),
    "QA": (24.5, 50.5, 26.5, 52.0), "SE": (55.0, 11.0, 69.5, 24.5), "SG": (1.0, 103.5, 1.5, 104.5),
    "TH": (5.5, 97.0, 20.5, 106.0), "TW": (21.5, 120.0, 25.5, 122.5), "ZA": (-35.0, 16.0, -22.0, 33.0),
    "US-AZ": (31.0, -115.0, 37.0, -109.0), "US-CA": (32.5, -124.5, 42.0, -114.0),
    "US-GA": (30.0, -86.0, 35.0, -80.5), "US-IA": (40.0, -97.0, 43.5, -90.0), "US-IL": (36.5, -92.0, 42.5, -87.0),
    "US-OH": (38.0, -85.0, 42.0, -80.5), "US-OR": (41.5, -125.0, 46.5, -116.0), "US-TX": (25.5, -107.0, 36.5, -93.5),
    "US-VA": (36.5, -84.0, 39.5, -75.0), "US-WA": (45.5, -125.0, 49.0, -116.5), "US-WY": (41.0, -111.5, 45.0, -104.0),
    "CA-QC": (44.5, -80.0, 63.0, -57.0), "CA-ON": (41.5, -95.5, 57.0, -74.0), "CA-AB": (49.0, -120.0, 60.0, -110.0),
    "CN-BJ": (39.0, 115.0, 41.5, 118.0), "CN-NX": (35.0, 104.0, 39.5, 108.0),
    "AE-AZ": (22.5, 51.5, 25.5, 56.5), "AE-DU": (24.5, 54.5, 25.5, 56.5),
}  # fmt: skip
FACT_BOUNDS = {"pue_ratio": (1.02, 2.0, "ratio"), "grid_gco2_per_kwh": (5.0, 1100.0, "gCO2e/kWh")}


def table(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


REGIONS, ZONES = table("region"), {z["tariff_zone"]: z for z in table("tariff_zone")}


def test_every_region_of_both_clouds() -> None:
    found = [(r["provider"], r["region"]) for r in REGIONS]
    assert len(set(found)) == len(found)
    assert (sum(p == "aws" for p, _ in found), sum(p == "azure" for p, _ in found)) == (
        38,
        71,
    )  # 62 public, 3 government, 6 in China


@pytest.mark.parametrize("region", REGIONS, ids=lambda r: f"{r['provider']}/{r['region']}")
def test_place_lies_in_its_country_and_tariff_zone(region: dict[str, str]) -> None:
    place = float(region["latitude"]), float(region["longitude"])
    for box in {BOXES.get(region["country"]), BOXES.get(region["tariff_zone"])} - {None}:
        south, west, north, east = box
        assert south <= place[0] <= north
        assert west <= place[1] <= east
    assert region["country"] in BOXES or region["tariff_zone"] in BOXES
    assert ZONES[region["tariff_zone"]]["country"] == region["country"]


@pytest.mark.parametrize(
    ("region", "zone"),
    [
        ("mexicocentral", "MX"), ("brazilsoutheast", "BR"), ("westus", "US-CA"), ("northcentralus", "US-IL"),
        ("eu-north-1", "SE"), ("cn-north-1", "CN-BJ"), ("greececentral", "GR"), ("uaecentral", "AE-AZ"),
    ],
)  # fmt: skip
def test_regions_that_public_tables_place_wrongly(region: str, zone: str) -> None:
    assert [r["tariff_zone"] for r in REGIONS if r["region"] == region] == [zone]


def test_wholesale_zones_are_priced_by_the_source_that_they_name(tmp_path: Path) -> None:
    ask = ask_table(tmp_path)
    served = {c.name: set(c.plan(ask)) for c in (energy_charts_wholesale, entsoe_wholesale, aemo_wholesale)}
    served |= {"jepx_wholesale": set(AREAS), "elexon_wholesale": {"GB"}}
    named = {(row["wholesale_source"], row["wholesale_zone"]) for row in [*REGIONS, *ZONES.values()]} - {("", "")}
    assert not [(s, z) for s, z in named if z not in served[s]]
    assert len(named) > 20


@pytest.mark.parametrize("name", ["region_fact", "tariff_zone_fact"])
def test_facts_are_in_range_and_sourced(name: str) -> None:
    for row in table(name):
        low, high, unit = FACT_BOUNDS[row["attribute"]]
        assert low <= float(row["low"]) <= float(row["value"]) <= float(row["high"]) <= high, row
        assert row["unit"] == unit
        assert row["source"]
        assert last_day(row["as_of"])


def test_every_region_and_zone_has_both_facts() -> None:
    regions = {(r["provider"], r["region"], r["attribute"]) for r in table("region_fact")}
    zones = {(z["tariff_zone"], z["attribute"]) for z in table("tariff_zone_fact")}
    assert regions == {(r["provider"], r["region"], a) for r in REGIONS for a in FACT_BOUNDS}
    assert zones == {(z, a) for z in ZONES for a in FACT_BOUNDS}


def test_no_region_carries_its_country_s_carbon_where_its_state_or_province_has_a_figure() -> None:
    grid = "grid_gco2_per_kwh"
    zones = {z["tariff_zone"]: z for z in table("tariff_zone_fact") if z["attribute"] == grid}
    regions = {(r["provider"], r["region"]): r for r in table("region_fact") if r["attribute"] == grid}
    national = {zones[name]["source"] for name, zone in ZONES.items() if not zone["subdivision"]}
    finer = {name for name, zone in ZONES.items() if zone["subdivision"] and zones[name]["source"] not in national}
    placed = {(r["provider"], r["region"]) for r in REGIONS if r["tariff_zone"] in finer}
    assert not {place for place in placed if regions[place]["source"] in national}
    assert len(placed) > 25
    assert {("aws", "ca-west-1"), ("azure", "canadacentral"), ("azure", "canadaeast")} < placed


def usd_per_kwh(day: date, folder: Path) -> dict[str, dict[str, Any]]:
    """What the bundled tables alone say on a day: the tariff in force, and its price in dollars."""
    rates = sorted(rows_of(pulled(bundled_rates, ask_table(folder))), key=lambda r: r["rate_date"])
    usd_per_euro = [r["rate"] for r in rates if r["quote_currency"] == "USD"][-1]
    usd_per = {"EUR": usd_per_euro, "USD": Decimal(1)}
    others = [r for r in rates if r["quote_currency"] != "USD"]
    usd_per |= {r["quote_currency"]: usd_per[r["base_currency"]] / r["rate"] for r in others}
    chosen: dict[str, dict[str, Any]] = {}
    for row in sorted(rows_of(pulled(static_tariffs, ask_table(folder))), key=lambda r: r["valid_from"]):
        if row["valid_from"] <= day:
            chosen[row["tariff_zone"]] = row | {"usd_per_kwh": row["local_per_kwh"] * usd_per[row["currency"]]}
    return chosen


def test_with_all_sources_down_every_region_has_a_sourced_price(tmp_path: Path) -> None:
    prices = usd_per_kwh(date(2026, 11, 20), tmp_path)
    rows = [prices[r["tariff_zone"]] for r in REGIONS]
    assert len(rows) == 109
    assert all(Decimal("0.005") < row["usd_per_kwh"] < Decimal("0.80") for row in rows)
    for column in ("source_url", "price_period", "price_date", "confidence", "tax_basis"):
        assert all(row[column] for row in rows)
    assert {row["tax_basis"] for row in rows} <= {"excl_vat", "excl_tax"}


@pytest.mark.parametrize(
    ("zone", "usd"),
    [
        ("US-VA", 0.1047),
        ("DE", 0.177),
        ("GB", 0.3256),
        ("KR", 0.1389),
        ("HK", 0.1792),
        ("BH", 0.0851),
        ("AE-DU", 0.1035),
    ],
)
def test_prices_in_dollars_at_the_bundled_rates(tmp_path: Path, zone: str, usd: float) -> None:
    assert float(usd_per_kwh(date(2026, 11, 20), tmp_path)[zone]["usd_per_kwh"]) == pytest.approx(usd, abs=1e-4)
