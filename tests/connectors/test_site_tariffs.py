import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import SchemaDrift
from connectors.records import Partition
from connectors.site_tariffs import site_tariffs
from tests.connectors.asking import DAY, ask_table, pulled, rows_of

SITE = {
    "tariff_zone": "DE", "name": "contract 2026", "currency": "EUR", "peak_kw": 500,
    "valid_from": "2026-01-01", "valid_to": "2026-12-31",
    "demand_per_kw_month": 9.5, "fixed_per_month": 100,
    "energy": [
        {"per_kwh": 0.14},
        {"per_kwh": 0.20, "months": [1, 2, 11, 12], "hours": [8, 20], "days": "weekday"},
    ],
}  # fmt: skip


def pull(folder: Path, *sites: dict[str, Any]) -> list[Partition]:
    return pulled(site_tariffs, replace(ask_table(folder), options={"sites": json.dumps(sites)}))


def test_seasons_and_hours_weigh_by_their_share_of_the_year(tmp_path: Path) -> None:
    (row,) = rows_of(pull(tmp_path, SITE))
    dear_hours = (31 + 28 + 30 + 31) * 5 / 7 * 12
    assert float(row["local_per_kwh"]) == pytest.approx(0.14 + 0.06 * dear_hours / 8760, abs=1e-9)
    assert row["demand_per_kw_month"] == Decimal("9.7")  # 9.5 and 100 EUR a month over 500 kW
    assert (row["kind"], row["tax_basis"], row["price_date"]) == ("site", "excl_vat", date(2026, 12, 31))


def test_twelve_demand_charges(tmp_path: Path) -> None:
    (row,) = rows_of(pull(tmp_path, SITE | {"demand_per_kw_month": [*[5] * 6, *[11] * 6], "fixed_per_month": 0}))
    assert row["demand_per_kw_month"] == 8


def test_contract_without_an_end_is_in_force_tonight(tmp_path: Path) -> None:
    (row,) = rows_of(pull(tmp_path, {k: v for k, v in SITE.items() if k != "valid_to"}))
    assert row["price_date"] == DAY


def test_no_site_no_row(tmp_path: Path) -> None:
    assert rows_of(pull(tmp_path)) == []


def test_site_with_a_record_is_left_to_openei(tmp_path: Path) -> None:
    assert rows_of(pull(tmp_path, SITE | {"urdb": "5e17b27c5457a3556573e3af"})) == []


@pytest.mark.parametrize(
    "change",
    [
        {"energy": [{"per_kwh": 0.1, "hours": [0, 23]}]},
        {"energy": [{"per_kwh": 0.1, "months": [13]}]},
        {"demand_per_kw_month": [1, 2, 3]},
        {"peak_kw": 0},
        {"currency": None, "valid_from": "soon"},
    ],
)
def test_a_site_that_cannot_be_read_is_named(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(SchemaDrift, match=r"costwatt\.toml, site DE"):
        pull(tmp_path, SITE | change)


def test_two_contracts_for_one_zone_are_both_quarantined(tmp_path: Path) -> None:
    (partition,) = pull(tmp_path, SITE, SITE | {"demand_per_kw_month": 12})
    assert (partition.rows.num_rows, partition.rejected.num_rows) == (0, 2)
