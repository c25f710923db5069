"""The gate by itself: landing files in, verdicts out. Prices: Azure's list for eastus on 2026-08-22."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask
from connectors.records import FxRate, InstancePrice, Partition, TokenPrice
from connectors.site_tariffs import site_tariffs
from connectors.web import Web
from flows.config_tables import GateException
from flows.landing import part_folder, write_part
from tests.flows.nights import House, row

ONE, TWO = date(2026, 9, 1), date(2026, 9, 2)
H100 = "Standard_ND96isr_H100_v5"
PLAIN = {f"Standard_D{n}s_v5": f"0.{n:03}" for n in range(2, 60)}
LISTED = {H100: "98.32", "Standard_NC24ads_A100_v4": "3.673"} | PLAIN
JUMPED = LISTED | {H100: "43.16"}
RATES = ("+opt_fx", "+hist_partition")
ALLOWED = GateException(check="price", source="azure_prices", key=f"*/{H100}/*", reason="price cut announced")


@pytest.fixture(scope="module")
def first_night(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("gate")
    house = House.at(root)
    house.land(ONE, "azure_prices", "eastus", LISTED)
    house.land(ONE, "azure_prices", "westus", {"a": "1", "b": "1"})
    house.land(ONE, "azure_prices", "northeurope", {H100: "20", "b": "1", "c": "1", "d": "1"}, kind="spot")
    house.land(ONE, "bundled_prices", "swedencentral", {H100: "98.32"})
    house.night(ONE, select=("+hist_instance_price", "+hist_partition"))
    return root


@pytest.fixture
def house(first_night: Path, tmp_path: Path) -> House:
    return House.at(shutil.copytree(first_night, tmp_path, dirs_exist_ok=True))


def verdicts(house: House) -> dict[object, tuple[object, ...]]:
    found = house.rows("select region, status, accepted, message from gate.partition")
    return {region: tuple(told) for region, *told in found}


def refused(house: House, day: date = TWO) -> list[tuple[object, ...]]:
    return house.rows(f"select key, reason, held from gate.quarantine where cost_date = '{day}' order by key")


def test_a_jump_from_98_32_to_43_16_is_quarantined(house: House) -> None:
    house.land(TWO, "azure_prices", "eastus", JUMPED)
    house.load(TWO)
    assert refused(house) == [
        (
            f"azure/eastus//{H100}/Linux/on_demand/USD",
            "price moved: price_per_hour from 98.32 to 43.16 (-56.1 %)",
            True,
        )
    ]
    assert verdicts(house) == {"eastus": ("complete", 59, "")}


def test_quarantine_forgets_rows_as_landing_does_and_keeps_whose_price_is_held_back(house: House) -> None:
    house.land(TWO, "azure_prices", "eastus", dict(list(LISTED.items())[:30]))  # half the list: refused
    house.land(TWO, "azure_prices", "westus", {"a": "5", "b": "1"})
    house.load(TWO)
    kept = "select region, held, count(*), count(row) from gate.quarantine group by all order by all"
    before = house.rows(kept)
    assert before == [("eastus", False, 30, 30), ("westus", True, 1, 1)]
    house.load(TWO + timedelta(days=6))
    assert house.rows(kept) == before
    house.load(TWO + timedelta(days=7))
    assert house.rows(kept) == [("westus", True, 1, 0)]


def test_a_jump_allowed_by_name_passes(house: House) -> None:
    allowed = House.at(house.settings.home, [ALLOWED])
    allowed.land(TWO, "azure_prices", "eastus", JUMPED)
    allowed.load(TWO)
    assert refused(allowed) == []
    assert verdicts(allowed) == {"eastus": ("complete", 60, "")}


def test_an_exception_ends_on_its_day_and_names_one_price(house: House) -> None:
    house.land(TWO, "azure_prices", "eastus", JUMPED)
    for exception in (
        ALLOWED.model_copy(update={"until": ONE}),
        ALLOWED.model_copy(update={"key": "*/Standard_NC24ads_A100_v4/*"}),
        ALLOWED.model_copy(update={"source": "aws_prices"}),
        ALLOWED.model_copy(update={"check": "rows"}),
    ):
        strict = House.at(house.settings.home, [exception])
        strict.load(TWO)
        assert len(refused(strict)) == 1, exception


def test_half_a_price_is_no_jump_and_a_little_more_is(house: House) -> None:
    house.land(TWO, "azure_prices", "eastus", LISTED | {H100: "49.16"})  # exactly -50 %
    house.load(TWO)
    assert refused(house) == []
    house.land(TWO, "azure_prices", "eastus", LISTED | {H100: "49.15"})
    house.load(TWO)
    assert len(refused(house)) == 1


def test_more_than_a_fiftieth_of_jumps_refuses_the_partition(house: House) -> None:
    doubled = {sku: str(2 * float(price)) for sku, price in list(LISTED.items())[:2]}
    house.land(TWO, "azure_prices", "eastus", LISTED | doubled)
    house.load(TWO)
    verdict = "2 of 60 prices moved too far: more than 2%"
    assert verdicts(house) == {"eastus": ("rejected", 0, verdict)}
    assert house.rows("select count(*) from gate.instance_price") == [(0,)]
    reasons = [reason for _, reason, _ in refused(house)]
    assert len(reasons) == 60
    assert reasons.count(f"its partition was refused: {verdict}") == 58  # the two that moved say so themselves


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        (52, ("complete", 52, "")),
        (51, ("complete", 51, "")),  # 15 % fewer
        (50, ("rejected", 0, "50 rows after 60 last night: more than 15% apart")),
        (0, ("rejected", 0, "0 rows after 60 last night: more than 15% apart")),
    ],
)
def test_a_list_that_lost_a_sixth_is_refused(house: House, rows: int, verdict: tuple[object, ...]) -> None:
    house.land(TWO, "azure_prices", "eastus", dict(list(LISTED.items())[:rows]))
    house.load(TWO)
    assert verdicts(house) == {"eastus": verdict}


def test_a_row_count_allowed_by_name_passes(house: House) -> None:
    exception = GateException(check="rows", source="azure_prices", region="east*", reason="series retired")
    allowed = House.at(house.settings.home, [exception])
    allowed.land(TWO, "azure_prices", "eastus", {H100: "98.32"})
    allowed.load(TWO)
    assert verdicts(allowed) == {"eastus": ("complete", 1, "")}


def test_one_row_more_or_less_never_refuses_a_short_list(house: House) -> None:
    house.land(TWO, "azure_prices", "westus", {"a": "1"})
    house.load(TWO)
    assert verdicts(house) == {"westus": ("complete", 1, "")}


def test_another_scope_is_not_compared(house: House) -> None:
    wider = House(house.settings.model_copy(update={"scope": "all"}))
    wider.land(TWO, "azure_prices", "eastus", {H100: "43.16"})
    wider.load(TWO)
    assert refused(wider) == []
    assert verdicts(wider) == {"eastus": ("complete", 1, "")}


def test_spot_may_jump_and_so_may_the_first_live_price(house: House) -> None:
    house.land(TWO, "azure_prices", "northeurope", {H100: "5"}, kind="spot")
    house.land(TWO, "azure_prices", "swedencentral", {H100: "43.16"})
    house.load(TWO)
    assert refused(house) == []
    assert verdicts(house) == {"northeurope": ("complete", 1, ""), "swedencentral": ("complete", 1, "")}


def test_two_prices_for_one_key_hold_the_last_one(house: House) -> None:
    twice = {H100: "98.32", f"{H100} USD": "98.33"}
    house.land(TWO, "azure_prices", "eastus", LISTED | twice)
    house.load(TWO)
    assert [(reason, held) for _, reason, held in refused(house)] == [("conflict: two rows for one key", True)] * 2
    assert house.rows("select sku, moved from gate.held_instance_price") == [(H100, False)]


def test_a_row_told_twice_is_one(house: House) -> None:
    told = [row("azure_prices", "eastus", "on_demand", sku, price) for sku, price in LISTED.items()]
    twice = Partition.of(InstancePrice, [*told, *told[:2]], region="eastus", kind="on_demand")
    write_part(part_folder(house.settings.paths.landing, TWO, "azure_prices", "eastus"), "azure_prices", [twice])
    house.load(TWO)
    assert refused(house) == []
    assert verdicts(house) == {"eastus": ("complete", 60, "")}
    assert sorted(house.rows("select sku from gate.instance_price")) == sorted((sku,) for sku in LISTED)


def fixing(house: House, day: date, rate: str, source: str = "ecb_rates", currency: str = "USD") -> None:
    rows = [FxRate("EUR", currency, day, Decimal(rate), "https://rates.example")]
    folder = part_folder(house.settings.paths.landing, day, source, "all")
    write_part(folder, source, [Partition.of(FxRate, rows, kind="fx")])


def test_an_exchange_rate_stays_within_a_fifth_of_the_last_fixing(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    fixing(house, ONE, "1.16")
    house.night(ONE, select=RATES)
    passed = {}
    for rate in ("1.39", "1.40", "0.93", "0.92", "11.6"):
        fixing(house, TWO, rate)
        house.load(TWO)
        passed[rate] = house.rows("select rate_date from gate.fx_rate") == [(TWO,)]
    assert passed == {"1.39": True, "1.40": False, "0.93": True, "0.92": False, "11.6": False}
    assert refused(house) == [(f"EUR/USD/{TWO}", "price moved: rate from 1.16 to 11.6 (+900.0 %)", True)]
    house.night(TWO, select=RATES)
    assert house.rows("select usd_per_unit, fx_date from options.opt_fx where currency = 'EUR'") == [(1.16, ONE)]


def test_rates_of_another_source_or_currency_are_not_compared(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    fixing(house, ONE, "1.16")
    house.night(ONE, select=RATES)
    fixing(house, TWO, "185.3", currency="JPY")
    fixing(house, TWO, "1.6", source="frankfurter_rates")
    house.load(TWO)
    assert refused(house) == []


def contract(house: House, day: date, per_kwh: float) -> None:
    """What ``costwatt.toml`` gives as the contract of an own site."""
    site = {"tariff_zone": "DE", "name": "own", "currency": "EUR", "peak_kw": 500, "valid_from": "2026-01-01"}
    sites = json.dumps([site | {"energy": [{"per_kwh": per_kwh}]}])
    folder = part_folder(house.settings.paths.landing, day, "site_tariffs", "all")
    ask = Ask(day, "", Web(offline=True), folder, options={"sites": sites})
    write_part(folder, "site_tariffs", site_tariffs.pull(ask, "all"))


def test_a_persons_own_contract_may_move_as_far_as_they_say(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    contract(house, ONE, 0.1)
    house.night(ONE, select=("+hist_tariff", "+hist_partition"))
    contract(house, TWO, 0.3)
    house.night(TWO, select=("+hist_tariff", "+hist_partition"))
    assert refused(house) == []
    assert verdicts(house) == {"all": ("complete", 1, "")}
    assert house.rows("select valid_from, local_per_kwh::double from history.hist_tariff order by valid_from") == [
        (ONE, 0.1),
        (TWO, 0.3),
    ]


def test_a_cached_token_price_is_compared_too(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    for day, cached in ((ONE, "1.25"), (TWO, "125")):
        prices = [Decimal(usd) for usd in ("2.5", cached, "10")]
        row = TokenPrice("azure", "global", "gpt-4o", "standard", 0, "USD", *prices, None, "list", "", "", "", None)
        folder = part_folder(house.settings.paths.landing, day, "azure_tokens", "eastus2")
        write_part(folder, "azure_tokens", [Partition.of(TokenPrice, [row], kind="tokens")])
        house.night(day, select=("+hist_token_price", "+hist_partition"))
    assert [reason for _, reason, _ in refused(house)] == [
        "price moved: per_million_cached_input from 1.25 to 125.0 (+9900.0 %)"
    ]


def test_repeating_a_night_lists_its_refusals_once(house: House) -> None:
    house.land(TWO, "azure_prices", "eastus", JUMPED)
    for _ in range(2):
        house.load(TWO)
    assert len(refused(house)) == 1
