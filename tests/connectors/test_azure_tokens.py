"""Models and provisioned units of the fake list."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.azure_tokens import azure_tokens
from connectors.errors import SourceUnavailable
from connectors.records import Partition
from tests.connectors.asking import SEEDS, pulled
from tests.connectors.azure_ask import ask_for
from tests.fakes import azure_retail
from tests.fakes.azure_world import Row
from tests.fakes.server import Fake, Server


def read(folder: Path, *more: Row) -> tuple[Partition, Partition]:
    fake = azure_retail.Retail()
    fake.rows += more
    with Server([Fake("azure-retail", fake.answer)]) as server:
        tokens, units = pulled(azure_tokens, ask_for(server, folder, options={"seeds": str(SEEDS)}))
    return tokens, units


def meter(name: str, usd: float, unit: str = "1K", start: str = "2026-01-01", product: str = "Azure OpenAI") -> Row:
    return Row("eastus2", "", product, name, usd, unit=unit, service="Foundry Models", start=start)


def test_prices_per_million_whatever_the_unit(tmp_path: Path) -> None:
    tokens, _ = read(tmp_path)
    found = {
        (r["model"], r["region"], r["tier"]): tuple(
            r[n] and Decimal(r[n]) for n in ("per_million_input", "per_million_cached_input", "per_million_output")
        )
        for r in tokens.rows.to_pylist()
    }
    assert found == {
        ("gpt-4o-2024-11-20", "global", "standard"): (Decimal("2.5"), Decimal("1.25"), Decimal(10)),
        ("gpt-4.1", "global", "standard"): (Decimal(2), None, Decimal(8)),
        ("gpt-5", "global", "standard"): (Decimal("1.25"), None, Decimal(10)),
        ("gpt-5.4", "global", "standard"): (Decimal("2.5"), None, Decimal(15)),
        ("gpt-5.6-sol", "global", "standard"): (Decimal(5), Decimal("0.5"), Decimal(30)),
        ("gpt-oss-120b", "global", "standard"): (Decimal("0.15"), None, Decimal("0.6")),
    }
    # batch, data zone and regional stand there with one direction alone
    assert tokens.dropped == {"provisioned unit": 3, "not priced by token": 1, "one direction only": 3}
    assert tokens.rejected.num_rows == 0


def test_openais_own_list_is_the_second_vote(tmp_path: Path) -> None:
    tokens, _ = read(tmp_path, meter("gpt 4.1 Outp glbl Tokens", 0.009))
    votes = {r["model"]: r["second_vote"] for r in tokens.rows.to_pylist()}
    assert votes["gpt-4o-2024-11-20"] == votes["gpt-5"] == "agrees"
    assert votes["gpt-4.1"] == "differs"
    assert votes["gpt-oss-120b"] is None


def test_a_provisioned_unit_is_hourly(tmp_path: Path) -> None:
    _, units = read(tmp_path)
    assert [(r["sku"], r["purchase_option"], r["price_per_hour"]) for r in units.rows.to_pylist()] == [
        ("foundry-ptu-global", "provisioned", Decimal(1)),
        ("foundry-ptu-data-zone", "provisioned", Decimal("1.1")),
        ("foundry-ptu-regional", "provisioned", Decimal(2)),
    ]


def test_unread_meters_are_counted(tmp_path: Path) -> None:
    tokens, _ = read(tmp_path, meter("gpt 9 Inp glbl Tokens", 0.1), meter("gpt 9 Outp glbl Tokens", 0.2))
    assert tokens.dropped["unread meter"] == 2


def test_the_latest_row_of_a_meter_wins_and_two_current_ones_are_both_refused(tmp_path: Path) -> None:
    name = "GPT 5 outpt Glbl 1M Tokens"
    tokens, _ = read(tmp_path / "1", meter(name, 11, "1M"), meter(name, 12, "1M", "2999-01-01"))
    (price,) = [r for r in tokens.rows.to_pylist() if r["model"] == "gpt-5"]
    assert price["per_million_output"] == 11
    assert (tokens.dropped["superseded"], tokens.dropped["future"]) == (1, 1)
    tokens, _ = read(tmp_path / "2", meter(name, 11, "1M"), meter(name, 12, "1M", product="Azure OpenAI GPT5"))
    assert "gpt-5" not in {r["model"] for r in tokens.rows.to_pylist()}
    assert [(r["key"], r["reason"]) for r in tokens.rejected.to_pylist()] == [
        (name, "conflict: two prices for one key"),
        (name, "conflict: two prices for one key"),
        ("gpt-5/global/standard", "output: conflict: two prices for one key"),
    ]


def test_a_model_with_a_refused_meter_is_refused_whole(tmp_path: Path) -> None:
    """Without its cached price, cached tokens would be billed as fresh ones."""
    cached = "gpt 4o 1120 cached Inp glbl Tokens"
    tokens, _ = read(tmp_path, meter(cached, 0.0013, start="2024-12-01", product="Azure OpenAI GPT4o"))
    assert "gpt-4o-2024-11-20" not in {r["model"] for r in tokens.rows.to_pylist()}
    assert tokens.rejected.column("key").to_pylist()[-1] == "gpt-4o-2024-11-20/global/standard"


@pytest.mark.parametrize("direction", ["Inp", "cached Inp", "Outp"])
def test_a_price_of_zero_is_a_meter_that_is_not_on_sale(tmp_path: Path, direction: str) -> None:
    tokens, _ = read(tmp_path, meter(f"gpt 4o 1120 {direction} glbl Tokens", 0.0, start="2026-08-10"))
    assert "gpt-4o-2024-11-20" not in {r["model"] for r in tokens.rows.to_pylist()}
    assert tokens.rejected.column("key").to_pylist() == ["gpt-4o-2024-11-20/global/standard"]


def test_a_refused_unit_is_named_where_its_price_stands(tmp_path: Path) -> None:
    unit = "Provisioned Managed Global Unit"
    tokens, units = read(tmp_path, meter(unit, 1.5, "1 Hour", start="2024-11-01", product="Azure OpenAI PTU"))
    assert tokens.rejected.num_rows == 0
    assert units.rejected.column("key").to_pylist() == [f"foundry-ptu-global/{unit}"] * 2
    assert "foundry-ptu-global" not in units.rows.column("sku").to_pylist()


def test_the_table_names_each_meter_once() -> None:
    with (SEEDS / "foundry_meter.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["meter"] for row in rows}) == len(rows)
    assert {row["direction"] for row in rows} <= {"input", "cached_input", "output"}
    assert {row["deployment"] for row in rows} <= {"global", "data_zone", "regional"}


def test_a_renamed_service_fails_instead_of_emptying(tmp_path: Path) -> None:
    with Server([Fake("azure-retail", azure_retail.Retail([]).answer)]) as server:
        ask = ask_for(server, tmp_path, options={"seeds": str(SEEDS)})
        with pytest.raises(SourceUnavailable, match="renamed"):
            pulled(azure_tokens, ask)
