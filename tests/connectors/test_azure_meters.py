"""The classifier against rows as Azure sent them."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from connectors.azure_meters import PriceList, drop_reason, kind_of, moment
from connectors.azure_settle import Prices, read_prices
from connectors.errors import SchemaDrift

FIXTURE = Path(__file__).parents[1] / "fixtures" / "azure_meters.json"
DAY = date(2026, 11, 21)


def items() -> list[dict[str, Any]]:
    return json.loads(FIXTURE.read_text(), parse_float=Decimal)["Items"]


def sample(**changes: Any) -> dict[str, Any]:
    """The recorded pay-as-you-go row of ND96isr_H100_v5 with some fields changed; None removes one."""
    row = next(i for i in items() if i["armSkuName"] == "Standard_ND96isr_H100_v5") | changes
    return {k: v for k, v in row.items() if v is not None}


def read(rows: list[dict[str, Any]], sizes: frozenset[str] = frozenset()) -> Prices:
    return read_prices(rows, PriceList("eastus", DAY, sizes))


def price_of(found: Prices, sku: str, option: str) -> Decimal:
    (row,) = [r for rows in found.rows.values() for r in rows if (r.sku, r.purchase_option) == (sku, option)]
    return row.price_per_hour


@pytest.mark.parametrize(
    ("sku", "option", "usd_per_hour"),
    [
        ("Standard_ND96isr_H100_v5", "on_demand", "98.32"),
        ("Standard_ND96isr_H100_v5", "spot", "18.169536"),
        ("Standard_ND96isr_H100_v5", "reserved_1y", "62.9247716895"),  # 551,221 USD / 8,760 h
        ("Standard_ND96isr_H100_v5", "reserved_3y", "43.1624809741"),  # 1,134,310 USD / 26,280 h
        ("Standard_D2s_v3", "on_demand", "0.096"),  # its isPrimaryMeterRegion is false
        ("Standard_D2s_v3", "savings_1y", "0.06624"),
        ("Standard_D2s_v3", "savings_3y", "0.04512"),
        ("Standard_D2als_v7", "reserved_1y", "0.0474885845"),
        ("Standard_B16als_v2", "on_demand", "0.673"),
    ],
)
def test_recorded_rows_give_recorded_prices(sku: str, option: str, usd_per_hour: str) -> None:
    assert price_of(read(items()), sku, option) == Decimal(usd_per_hour)


def test_every_row_is_a_price_or_counted() -> None:
    rows = items()
    found = read(rows)
    plans = sum(len(i.get("savingsPlan", ())) for i in rows if kind_of(i) == "on_demand")
    kept = sum(len(r) for r in found.rows.values()) + sum(len(r) for r in found.rejected.values())
    assert kept + sum(sum(d.values()) for d in found.dropped.values()) == len(rows) + plans
    assert found.dropped["on_demand"]["cloud services"] == 1
    assert found.dropped["on_demand"]["windows"] == 6


def test_a_plan_of_a_superseded_row_is_gone_with_it() -> None:
    plan = [{"term": "1 Year", "retailPrice": Decimal(60), "unitPrice": Decimal(60)}]
    old = sample(retailPrice=Decimal(90), effectiveStartDate="2026-01-01T00:00:00Z", savingsPlan=plan)
    new = sample(effectiveStartDate="2026-08-01T00:00:00Z", savingsPlan=None)
    found = read([old, new])
    assert price_of(found, old["armSkuName"], "on_demand") == Decimal("98.32")
    assert (found.rows["savings"], found.dropped["savings"]) == ([], {"superseded": 1})
    kept = read([old, new | {"savingsPlan": [plan[0] | {"retailPrice": Decimal(70)}]}])
    assert price_of(kept, old["armSkuName"], "savings_1y") == 70


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, ""),
        ({"productName": "Virtual Machines NCCadsv5 Srs Win"}, "windows"),
        ({"productName": "Virtual Machines Edsv4 Series Windows"}, "windows"),
        ({"productName": "Virtual Machines Windsor Series"}, ""),
        ({"productName": "Dv3 Series CloudServices"}, "cloud services"),
        ({"productName": "NDasrA100v4 Series DedicatedHost"}, "dedicated host"),
        ({"armSkuName": "NDasrA100v4_Type1"}, "dedicated host"),
        ({"armSkuName": ""}, "not a size"),
        ({"skuName": "ND96isrH100v5 Low Priority"}, "low priority"),
        ({"type": "DevTestConsumption"}, "dev/test"),
        ({"retailPrice": Decimal("0.0")}, "zero price"),
        ({"effectiveStartDate": "2026-11-21T00:00:00Z"}, ""),  # from the night itself
        ({"effectiveStartDate": "2026-11-22T00:00:00Z"}, "future"),
        ({"effectiveEndDate": "2026-11-20T23:59:59Z"}, "expired"),
        ({"effectiveEndDate": "2026-11-21T23:59:59Z"}, ""),  # to its end
        ({"meterName": "ND96isr H100 v5 - Expired"}, "expired"),
        ({"unitOfMeasure": "1/Month"}, "not hourly"),
        ({"type": "Reservation", "reservationTerm": "10 Years"}, "term of 10 Years"),
    ],
)
def test_drop_reason(changes: dict[str, Any], reason: str) -> None:
    assert drop_reason(sample(**changes), DAY) == reason


def test_dates_are_utc_whatever_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    wanted = datetime(2023, 12, 1, tzinfo=UTC)
    assert moment("2023-12-01T00:00:00Z") == moment("2023-12-01T00:00:00") == wanted
    monkeypatch.undo()
    time.tzset()


def test_windows_never_leaks_into_linux() -> None:
    """NCC40ads_H100_v5: 6.98 on Linux, 8.82 in a product that ends in "Srs Win"."""
    size = {"armSkuName": "Standard_NCC40ads_H100_v5", "meterId": "a"}
    linux = sample(**size, productName="Virtual Machines NCCadsv5 Series", retailPrice=Decimal("6.98"))
    windows = sample(**size, productName="Virtual Machines NCCadsv5 Srs Win", retailPrice=Decimal("8.82"))
    assert price_of(read([windows, linux]), "Standard_NCC40ads_H100_v5", "on_demand") == Decimal("6.98")


def test_the_latest_price_in_force_wins() -> None:
    old = sample(retailPrice=Decimal(104), effectiveStartDate="2022-01-01T00:00:00Z")
    found = read([old, sample()])
    assert price_of(found, "Standard_ND96isr_H100_v5", "on_demand") == Decimal("98.32")
    assert found.dropped["on_demand"]["superseded"] == 1


def test_two_prices_for_one_size_are_both_refused() -> None:
    other = sample(retailPrice=Decimal("0.01"), meterId="another", isPrimaryMeterRegion=False)
    found = read([sample(), other])
    assert not found.rows["on_demand"]
    assert (
        sorted((r.key, r.reason) for r in found.rejected["on_demand"])
        == [("eastus/Standard_ND96isr_H100_v5/on_demand", "conflict: two prices for one key")] * 2
    )


def test_spot_at_the_full_price_is_not_offered() -> None:
    """ND96isr_H200_v5 eastus2, 2026-08: "spot" 84.80 = pay-as-you-go."""
    spot = sample(skuName="ND96isrH100v5 Spot")
    found = read([sample(), spot])
    assert not found.rows["spot"]
    assert found.dropped["spot"]["not offered: equal to pay-as-you-go"] == 1


def test_spot_is_marked_as_a_formula() -> None:
    assert {row.quality for row in read(items()).rows["spot"]} == {"formula"}


def test_a_discount_without_its_full_price_is_quarantined() -> None:
    found = read([sample(skuName="ND96isrH100v5 Spot", retailPrice=Decimal(18))])
    assert [r.reason for r in found.rejected["spot"]] == ["no pay-as-you-go price beside it"]


def test_unknown_accelerated_sizes_raise_an_alert_and_aliases_do_not() -> None:
    rows = [sample(), sample(armSkuName="Standard_ND512_B300_v7"), sample(armSkuName="Standard_ND96is_H100_v5")]
    found = read(rows, frozenset({"Standard_ND96isr_H100_v5"}))
    assert [row.sku for row in found.rows["on_demand"]] == ["Standard_ND96isr_H100_v5"]
    assert [(r.key, r.reason) for r in found.rejected["on_demand"]] == [
        ("Standard_ND512_B300_v7", "alert: size not in node_type.csv")
    ]
    assert found.dropped["on_demand"]["alias or not an LLM accelerator"] == 1


def test_trailing_blanks_of_a_size_are_cut() -> None:
    assert price_of(read([sample(armSkuName="Standard_NC24ads_A100_v4 ")]), "Standard_NC24ads_A100_v4", "on_demand")


def test_an_unreadable_row_is_quarantined_and_a_whole_list_of_them_is_drift() -> None:
    broken = sample(retailPrice=None)
    found = read([sample(), broken])
    assert len(found.rows["on_demand"]) == 1
    assert found.rejected["on_demand"][0].reason.startswith("unreadable: KeyError('retailPrice')")
    with pytest.raises(SchemaDrift, match="retailPrice"):
        read([broken])


def test_another_currency_is_never_read_as_dollars() -> None:
    found = read([sample(), sample(currencyCode="EUR", armSkuName="Standard_ND96asr_v4")])
    assert [r.sku for r in found.rows["on_demand"]] == ["Standard_ND96isr_H100_v5"]
    assert "currency EUR" in found.rejected["on_demand"][0].reason


@pytest.mark.parametrize("price", [float("nan"), "NaN", float("inf"), "n/a", [], {}])
def test_a_price_that_is_no_number_costs_its_row_alone(price: object) -> None:
    found = read([sample(), sample(skuId="b", retailPrice=price), sample(skuName="ND96 Spot", retailPrice=price)])
    assert price_of(found, "Standard_ND96isr_H100_v5", "on_demand") == Decimal("98.32")
    assert [r.reason[:10] for rejected in found.rejected.values() for r in rejected] == ["unreadable"] * 2


@pytest.mark.parametrize("plan", [None, "1 Year", {"term": "2 Years", "retailPrice": 1}, {"term": "1 Year"}])
def test_a_savings_plan_that_cannot_be_read_leaves_the_price_it_hangs_on(plan: object) -> None:
    size = "Standard_D2s_v3"
    rows = [i for i in items() if i["armSkuName"] == size]
    row = next(i for i in rows if i.get("savingsPlan"))
    row["savingsPlan"].append(plan)
    found = read(rows)
    assert price_of(found, size, "on_demand") == Decimal("0.096")
    assert price_of(found, size, "savings_3y") == Decimal("0.04512")
    assert [r.key for r in found.rejected["savings"]] == [f"{row['armRegionName']}/{size}/{row['skuId']}"]
    assert not found.rejected["on_demand"]
