"""Nights against the fake price list, over real HTTP."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.ask import Ask, Known
from connectors.azure_prices import azure_prices
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import Partition
from tests.connectors.asking import SEEDS
from tests.connectors.azure_ask import DAY, ask_for, recorded
from tests.fakes import azure_retail
from tests.fakes.azure_world import Row
from tests.fakes.server import Fake, Fault, Reply, Request, Server

PATH = "/api/retail/prices"


def serve(retail: azure_retail.Retail | None = None) -> Server:
    return Server([Fake("azure-retail", (retail or azure_retail.Retail()).answer)])


def night(ask: Ask) -> dict[tuple[str, str], Partition]:
    parts = azure_prices.plan(ask)
    return {(p.region, p.kind): p for part in parts for p in azure_prices.pull(ask, part)}


def prices(found: dict[tuple[str, str], Partition]) -> dict[tuple[str, str, str], Decimal]:
    rows = [row for partition in found.values() for row in partition.rows.to_pylist()]
    return {(r["region"], r["sku"], r["purchase_option"]): r["price_per_hour"] for r in rows}


def known(found: dict[tuple[str, str], Partition]) -> dict[tuple[str, str], Known]:
    return {
        key: Known(p.source_version, "", frozenset(f"{r['sku']}/{r['purchase_option']}" for r in p.rows.to_pylist()))
        for key, p in found.items()
    }


def served() -> dict[tuple[str, str, str], Decimal]:
    """What the fake world should read as."""
    wanted: dict[tuple[str, str, str], Decimal] = {}
    for r in recorded():
        key = (r["region"], f"Standard_{r['size']}")
        wanted[*key, "on_demand"] = payg = Decimal(r["payg"])
        if Decimal(r["spot"]) != payg:
            wanted[*key, "spot"] = Decimal(r["spot"])
        for option, column, hours in (("1y", "reserved_1y_total", 8760), ("3y", "reserved_3y_total", 26280)):
            if r[column]:
                wanted[*key, f"reserved_{option}"] = (Decimal(r[column]) / hours).quantize(Decimal("1e-10"))
        for option in ("1y", "3y"):
            if r[f"savings_{option}"]:
                wanted[*key, f"savings_{option}"] = Decimal(r[f"savings_{option}"])
    return wanted


def test_the_world_reads_as_served_to_the_last_decimal(tmp_path: Path) -> None:
    with serve() as server:
        found = night(ask_for(server, tmp_path))
        assert len(server.seen) == 2, "one page, and on the first night a second walk that agrees"
    assert prices(found) == served()
    assert found["eastus", "on_demand"].dropped["windows"] > 0
    assert {p.rejected.num_rows for p in found.values()} == {0}


def test_named_regions_are_asked_alone(tmp_path: Path) -> None:
    with serve() as server:
        found = night(ask_for(server, tmp_path, regions=("eastus", "westeurope")))
        assert len(server.seen) == 2
    assert prices(found) == {k: v for k, v in served().items() if k[0] in ("eastus", "westeurope")}


def test_an_unchanged_region_says_so(tmp_path: Path) -> None:
    with serve() as server:
        first = night(ask_for(server, tmp_path / "1"))
        second = night(ask_for(server, tmp_path / "2", known=known(first)))
    assert all(p.unchanged and p.rows.num_rows == 0 for p in second.values())
    assert second.keys() == first.keys()


def test_rows_lost_between_pages_are_found_by_last_nights_keys(tmp_path: Path) -> None:
    fake = azure_retail.Retail(page_size=100)
    with serve(fake) as server:
        first = night(ask_for(server, tmp_path / "1"))
        fake.moved_rows, fake.moves = 30, 1
        second = night(
            ask_for(server, tmp_path / "2", known={k: Known("", "", v.keys) for k, v in known(first).items()})
        )
    assert prices(second) == prices(first) == served()


def test_rows_lost_on_a_first_night_are_found_by_the_second_walk(tmp_path: Path) -> None:
    with serve(azure_retail.Retail(page_size=100, moved_rows=30, moves=1)) as server:
        assert prices(night(ask_for(server, tmp_path))) == served()


def test_a_name_that_is_no_region_never_becomes_a_path(tmp_path: Path) -> None:
    rows = [*azure_retail.world(), Row("../../x", "Standard_ND96asr_v4", "Virtual Machines", "x", 1.0)]
    with serve(azure_retail.Retail(rows)) as server, pytest.raises(SchemaDrift, match="region's name"):
        azure_prices.plan(ask_for(server, tmp_path))


def test_a_page_of_the_world_that_never_comes_costs_one_region(tmp_path: Path) -> None:
    with serve(azure_retail.Retail(page_size=150)) as server:
        server.faults.append(Fault("skip=150", status=500, times=1000))
        ask = ask_for(server, tmp_path)
        parts = azure_prices.plan(ask)
        server.faults.clear()
        server.faults.append(Fault("uksouth", status=500, times=1000))
        found, failed = _pull_each(ask, parts)
    assert failed == ["uksouth"]
    assert prices(found) == {k: v for k, v in served().items() if k[0] != "uksouth"}


def _pull_each(ask: Ask, parts: Sequence[str]) -> tuple[dict[tuple[str, str], Partition], list[str]]:
    found: dict[tuple[str, str], Partition] = {}
    failed = []
    for part in parts:
        try:
            found |= {(p.region, p.kind): p for p in azure_prices.pull(ask, part)}
        except SourceUnavailable:
            failed.append(part)
    return found, failed


def test_a_region_that_vanished_fails_instead_of_emptying(tmp_path: Path) -> None:
    before = {("mars", "on_demand"): Known("v", "", frozenset({"Standard_ND96asr_v4/on_demand"}))}
    with serve() as server:
        ask = ask_for(server, tmp_path, known=before)
        assert "mars" in azure_prices.plan(ask)
        with pytest.raises(SourceUnavailable, match="no rows"):
            list(azure_prices.pull(ask, "mars"))


def test_a_dead_host_is_asked_once(tmp_path: Path) -> None:
    with serve() as server:
        ask = ask_for(server, tmp_path)
    with pytest.raises(SourceUnavailable):
        azure_prices.plan(ask)
    with pytest.raises(SourceUnavailable, match="not asked again"):
        list(azure_prices.pull(ask, "eastus"))


def test_every_recorded_size_is_in_our_table() -> None:
    with (SEEDS / "node_type.csv").open(newline="") as file:
        mapped = {row["sku"] for row in csv.DictReader(file) if row["provider"] == "azure"}
    assert {f"Standard_{r['size']}" for r in recorded()} <= mapped


def test_scope_all_begins_with_another_region_each_night(tmp_path: Path) -> None:
    with serve() as server:
        plans = [azure_prices.plan(ask_for(server, tmp_path, scope="all", day=DAY + timedelta(days=d))) for d in (0, 1)]
    assert plans[0][2:] + plans[0][:2] == plans[1]
    assert len(plans[0]) == 2 * len({r["region"] for r in recorded()})


def test_scope_all_reads_plain_sizes_and_reservations_apart(tmp_path: Path) -> None:
    with serve() as server:
        ask = ask_for(server, tmp_path, scope="all", regions=("eastus",))
        assert azure_prices.plan(ask) == ["eastus", "eastus.reservations"]
        found = night(ask)
    wanted = {k: v for k, v in served().items() if k[0] == "eastus"}
    assert wanted.items() <= prices(found).items()
    assert prices(found)["eastus", "Standard_D2s_v3", "on_demand"] == Decimal("0.096")


@pytest.mark.parametrize("item", [None, "row", {"armRegionName": None, "type": "Consumption"}])
def test_a_row_of_the_world_that_names_no_region_is_looked_for_in_each(tmp_path: Path, item: object) -> None:
    real = azure_retail.Retail()

    def answer(request: Request) -> Reply:
        page = json.loads(real.answer(request).body)
        return Reply.of_json(page | {"Items": [item, *page["Items"]], "Count": page["Count"] + 1})

    with Server([Fake("azure-retail", answer)]) as server:
        found = night(ask_for(server, tmp_path))
        assert len(server.seen) > len({r["region"] for r in recorded()}), "each region is asked alone"
    assert prices(found) == served()
    refused = [r for p in found.values() for r in p.rejected.to_pylist()]
    assert len(refused) == len({r["region"] for r in recorded()})
    assert {r["reason"].partition("(")[0] for r in refused} == {"unreadable: KeyError"}


def test_a_world_without_regions_is_no_answer(tmp_path: Path) -> None:
    with serve(azure_retail.Retail([])) as server, pytest.raises(SchemaDrift, match="names a region"):
        azure_prices.plan(ask_for(server, tmp_path))
