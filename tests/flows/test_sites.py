"""``[[site]]``: a contract that is misspelt or in a wrong unit is one line, never another price."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UsageError
from flows.given_checks import check_names
from flows.settings import load_settings

SITE = {
    "tariff_zone": "DE", "name": "contract 2026", "currency": "EUR", "peak_kw": 500,
    "valid_from": "2026-01-01", "valid_to": "2026-12-31", "energy": [{"per_kwh": 0.14}],
}  # fmt: skip
RULE = {"per_kwh": 0.05}


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("COSTWATT_")]:
        monkeypatch.delenv(name)


def refused(change: Mapping[str, Any]) -> str:
    with pytest.raises(UsageError) as error:
        check_names(load_settings(site=[SITE | change]))
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ({"days": "weekdays"}, "days"),
        ({"days": "Weekday"}, "days"),
        ({"month": [11, 12]}, "month"),
        ({"months": [0]}, "months.1"),
        ({"months": [13]}, "months.1"),
        ({"months": []}, "months"),
        ({"hours": [-1, 3]}, "hours.1"),
        ({"hours": [24, 3]}, "hours.1"),
        ({"hours": [3, 25]}, "hours.2"),
        ({"hours": [3, 3]}, "hours"),
        ({"per_kwh": -1}, "per_kwh"),
        ({"per_kwh": float("nan")}, "per_kwh"),
        ({"per_kwh": float("inf")}, "per_kwh"),
        ({"per_kwh": True}, "per_kwh"),
        ({"months": [True]}, "months.1"),
        ({"hours": [False, 6]}, "hours.1"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named(rule: dict[str, Any], where: str) -> None:
    told = refused({"energy": [{"per_kwh": 0.2}, RULE | rule]})
    assert told.startswith(f"setting site.1.energy.2.{where}: ")


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"demand_per_kw": 50}, "demand_per_kw"),
        ({"demand_per_kw_month": -9.5}, "demand_per_kw_month.1"),
        ({"demand_per_kw_month": [1, 2, 3]}, "demand_per_kw_month"),
        ({"peak_kw": -500}, "peak_kw"),
        ({"peak_kw": float("nan")}, "peak_kw"),
        ({"currency": "EURO"}, "currency"),
        ({"name": ""}, "name"),
        ({"energy": []}, "energy"),
        ({"name": "\u202enim"}, "name"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": 0}, "valid_from"),
        ({"valid_from": "0"}, "valid_from"),
        ({"valid_to": True}, "valid_to"),
        ({"peak_kw": True}, "peak_kw"),
        ({"urdb": ""}, "urdb"),
    ],
)
def test_a_contract_that_cannot_be_meant_is_named(change: dict[str, Any], where: str) -> None:
    if "urdb" in change:
        change = change | {"tariff_zone": "US-CA"}
        with pytest.raises(UsageError, match=r"setting site\.1\.urdb"):
            load_settings(site=[{"tariff_zone": "US-CA", "peak_kw": 800} | change])
        return
    assert refused(change).startswith(f"setting site.1.{where}: ")


def test_a_contract_is_given_once() -> None:
    later = {"valid_from": "2027-01-01", "valid_to": "2027-12-31"}
    dearer = SITE | {"energy": [{"per_kwh": 0.28}]}
    assert len(load_settings(site=[SITE, dearer | later, dearer | {"name": "second meter"}]).site) == 3
    with pytest.raises(UsageError, match=r"^setting site: numbers 1 and 3 are both of DE, contract 2026, 2026-01-01;"):
        load_settings(site=[SITE, SITE | later, dearer])


def test_a_missing_name_is_told() -> None:
    with pytest.raises(UsageError, match=r"setting site\.1\.name: is missing"):
        load_settings(site=[{k: v for k, v in SITE.items() if k != "name"}])


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"valid_to": "2025-12-31"}, "valid_to 2025-12-31 is before valid_from 2026-01-01"),
        ({"energy": [{"per_kwh": 0.1, "hours": [0, 23]}]}, "leave an hour of a weekday without a price"),
        ({"tariff_zone": "DEE"}, "[site.1] tariff_zone = 'DEE': not known; near names: "),
        ({"currency": "EUX"}, "[site.1] currency EUX: no exchange rate is known; one of AED"),
        ({"energy": [{"per_kwh": 0.2}, {"per_kwh": 20, "hours": [8, 10]}]}, "give per_kwh in EUR per kWh"),
        ({"energy": [{"per_kwh": 14}]}, "give per_kwh in EUR per kWh"),
        ({"energy": [{"per_kwh": 0}]}, "give per_kwh in EUR per kWh"),
    ],
)
def test_what_no_night_would_use_is_told(change: dict[str, Any], told: str) -> None:
    assert told in refused(change)


@pytest.mark.parametrize(("currency", "per_kwh"), [("JPY", 20), ("IDR", 1100), ("CLP", 120), ("AED", 0.4)])
def test_a_price_is_judged_in_its_own_currency(currency: str, per_kwh: float) -> None:
    check_names(load_settings(site=[SITE | {"currency": currency, "energy": [{"per_kwh": per_kwh}]}]))


def test_the_contracts_of_the_page_are_valid() -> None:
    page = (Path(__file__).parents[2] / "docs" / "tariffs.md").read_text()
    (shown,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    settings = load_settings(**tomllib.loads(shown))
    check_names(settings)
    assert [site["tariff_zone"] for site in settings.site] == ["DE", "US-CA"]
    assert settings.site[0]["demand_per_kw_month"] == ["9.5"] * 12
