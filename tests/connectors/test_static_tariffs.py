import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask
from connectors.errors import SchemaDrift
from connectors.static_tariffs import static_tariffs
from connectors.web import Web
from tests.connectors.asking import DAY, SEEDS, ask_table, pulled, rows_of

GOOD = {
    "tariff_zone": "KR", "sector": "industrial average", "value": "185.5", "low": "167", "high": "200",
    "unit": "KRW/kWh", "currency": "KRW", "price_period": "2025", "tax_basis": "excl_vat",
    "confidence": "medium", "source": "KEPCO", "as_of": "2026-02-18",
}  # fmt: skip


def ask_own(tmp_path: Path, *rows: dict[str, str]) -> Ask:
    with (tmp_path / "static_tariff.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return Ask(DAY, "", Web(offline=True), tmp_path, options={"seeds": str(tmp_path)})


def test_every_zone_has_a_price_without_network(tmp_path: Path) -> None:
    priced = {r["tariff_zone"] for r in rows_of(pulled(static_tariffs, ask_table(tmp_path)))}
    with (SEEDS / "tariff_zone.csv").open() as file:
        assert priced == {r["tariff_zone"] for r in csv.DictReader(file)}


def test_row_keeps_currency_period_basis_and_source(tmp_path: Path) -> None:
    (row,) = rows_of(pulled(static_tariffs, ask_own(tmp_path, GOOD)))
    assert (row["local_per_kwh"], row["currency"], row["tax_basis"]) == (Decimal("185.5"), "KRW", "excl_vat")
    assert (row["valid_from"], row["price_date"]) == (date(2025, 1, 1), date(2025, 12, 31))
    assert row["source_url"] == "KEPCO"


def test_a_raised_tariff_starts_on_its_day(tmp_path: Path) -> None:
    rows = rows_of(pulled(static_tariffs, ask_table(tmp_path)))
    bahrain = sorted((r["valid_from"], r["local_per_kwh"]) for r in rows if r["tariff_zone"] == "BH")
    assert bahrain == [(date(2025, 1, 1), Decimal("0.029")), (date(2026, 1, 1), Decimal("0.032"))]


def test_us_states_are_of_one_sector_and_month(tmp_path: Path) -> None:
    rows = rows_of(pulled(static_tariffs, ask_table(tmp_path)))
    states = {r["tariff_zone"]: r for r in rows if r["tariff_zone"].startswith("US-")}
    assert len(states) == 51
    assert {r["price_period"] for r in states.values()} == {"2025-07"}
    bands = {zone: (r["band"], r["confidence"]) for zone, r in states.items()}
    assert set(bands.values()) == {("commercial", "medium"), ("commercial, estimated", "low")}
    assert bands["US-VA"] == ("commercial", "medium")
    # EIA, commercial: 18.01 cents in 2023 in New York, 7.38 in North Dakota; industrial there: 9.17 and 7.25 in 2024
    for zone, price, low in (("US-NY", "0.2125", "0.0917"), ("US-ND", "0.0871", "0.0725")):
        row = states[zone]
        assert (row["local_per_kwh"], row["local_per_kwh_low"]) == (Decimal(price), Decimal(low))
    dearest = sorted(states, key=lambda zone: states[zone]["local_per_kwh"])[-3:]
    assert dearest == ["US-AK", "US-CA", "US-HI"]


@pytest.mark.parametrize(
    "change",
    [{"value": "0"}, {"low": "190"}, {"high": ""}, {"unit": "KRW/MWh"}, {"price_period": "since 2011"}],
)
def test_a_row_that_cannot_be_right_stops_the_table(tmp_path: Path, change: dict[str, str]) -> None:
    with pytest.raises(SchemaDrift, match="line 2"):
        pulled(static_tariffs, ask_own(tmp_path, GOOD | change))


def test_two_prices_for_one_period_are_both_quarantined(tmp_path: Path) -> None:
    (partition,) = pulled(static_tariffs, ask_own(tmp_path, GOOD, GOOD | {"value": "190"}))
    assert partition.rows.num_rows == 0
    assert partition.rejected.num_rows == 2


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaDrift, match="tax_basis"):
        pulled(static_tariffs, ask_own(tmp_path, {k: v for k, v in GOOD.items() if k != "tax_basis"}))
