"""Landing: an answer is whole or absent, and old nights go."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import InstancePrice, Partition, Rejected
from flows.landing import FAILED, load, part_folder, prune, write_failure, write_part
from tests.flows.nights import row

DAY = date(2026, 9, 1)


def partition(*prices: tuple[str, str]) -> Partition:
    rows = [row("azure_prices", "eastus", "on_demand", sku, price) for sku, price in prices]
    refused = [Rejected.of("x", "unreadable price", {"price": "n/a"})]
    return Partition.of(InstancePrice, rows, region="eastus", kind="on_demand", rejected=refused)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return part_folder(tmp_path, DAY, "azure_prices", "eastus")


def loaded(landing: Path) -> tuple[list[tuple[object, ...]], ...]:
    with duckdb.connect() as con:
        load(con, landing, DAY)
        rows = con.execute("select sku, price_per_hour::varchar, source, part_kind from gate.instance_price").fetchall()
        refused = con.execute("select key, reason, record from landing.rejected").fetchall()
        statuses = con.execute("select status, rows, rejected, message from landing.partition").fetchall()
        return rows, refused, statuses


def test_an_answer_is_read_back_as_it_was(folder: Path, tmp_path: Path) -> None:
    write_part(folder, "azure_prices", [partition(("Standard_ND96isr_H100_v5", "98.32"))])
    rows, refused, statuses = loaded(tmp_path)
    assert rows == [("Standard_ND96isr_H100_v5", "98.3200000000", "azure_prices", "on_demand")]
    assert refused == [("x", "unreadable price", "instance_price")]
    assert statuses == [("complete", 1, 1, "")]


def test_a_source_that_breaks_off_leaves_the_earlier_answer(folder: Path, tmp_path: Path) -> None:
    def broken() -> Iterator[Partition]:
        yield partition(("a", "2"), ("b", "3"))
        raise SourceUnavailable("reset")

    write_part(folder, "azure_prices", [partition(("a", "1"))])
    with pytest.raises(SourceUnavailable):
        write_part(folder, "azure_prices", broken())
    assert [sku for sku, *_ in loaded(tmp_path)[0]] == ["a"]


@pytest.mark.parametrize("region", ["../../../../precious", "..", ".", "", "/precious", "eu/west", "../azure_tokens"])
def test_a_region_that_leads_out_of_its_folder_is_refused(tmp_path: Path, region: str) -> None:
    with pytest.raises(SchemaDrift, match=r"^aws_prices: .* names no folder of its own"):
        part_folder(tmp_path, DAY, "aws_prices", region)


def test_each_partition_tells_how_long_its_source_worked(folder: Path) -> None:
    def slow() -> Iterator[Partition]:
        time.sleep(0.5)
        yield partition(("a", "1"))
        yield partition(("b", "1"))

    first, second = (status.seconds for status in write_part(folder, "azure_prices", slow()))
    assert 0.5 <= first < 10
    assert second < 0.5


def test_a_failure_after_an_answer_keeps_it_and_says_so(folder: Path, tmp_path: Path) -> None:
    write_part(folder, "azure_prices", [partition(("a", "1"))])
    write_failure(folder, "azure_prices", InstancePrice, "eastus", FAILED, "HTTP 503")
    rows, _, statuses = loaded(tmp_path)
    assert len(rows) == 1
    assert statuses == [("complete", 1, 1, "answer of earlier tonight kept; later: HTTP 503")]


def test_a_failure_alone_is_one_failed_partition(folder: Path, tmp_path: Path) -> None:
    write_failure(folder, "azure_prices", InstancePrice, "eastus", FAILED, "HTTP 503")
    assert loaded(tmp_path) == ([], [], [("failed", 0, 0, "HTTP 503")])
    assert json.loads((folder / "failed.json").read_text())["region"] == "eastus"


def test_prune_keeps_the_newest_nights(tmp_path: Path) -> None:
    for day in range(1, 11):
        (tmp_path / f"2026-09-{day:02}").mkdir()
    prune(tmp_path, keep=7)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"2026-09-{day:02}" for day in range(4, 11)]
