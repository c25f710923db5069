"""Landing: an answer is whole or absent, and old nights go."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from connectors.ask import Ask, connector
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import FxRate, InstancePrice, Partition, Rejected
from connectors.web import Web
from flows import interrupted, sources
from flows.landing import FAILED, drop_later, load, part_folder, prune, write_failure, write_part
from flows.settings import load_settings
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


@pytest.mark.parametrize(
    ("region", "told"),
    [
        ("../../../../precious", "'../../../../precious'"),
        ("", "''"),
        ("eu\x1b[31m\n-west", "'eu\\x1b[31m\\n-west'"),
        ("\0", "'\\x00'"),
        ("\ud800", "'\\ud800'"),
        ("e" * 300, f"'{'e' * 79}"),
        ("é" * 70, "'" + "\\xe9" * 19 + "\\xe"),
    ],
)
def test_a_refused_region_is_a_failed_part_under_a_safe_name(tmp_path: Path, region: str, told: str) -> None:
    """Nothing is asked, nothing is written beside the landing folder, and `source_status` says which part is lost."""
    asked: list[str] = []

    @connector("aws_prices", record=InstancePrice, licence="-", plan=lambda _: (region,))
    def source(_: Ask, part: str) -> Iterator[Partition]:
        asked.append(part)
        yield partition(("a", "1"))

    home = tmp_path / "home"
    night = sources.Night(DAY, load_settings(home=home), Web(offline=True))
    night.settings.paths.make()
    before = {p for p in tmp_path.rglob("*") if night.settings.paths.landing not in p.parents}
    (part,) = sources.plan(night, source)
    with pytest.raises(SchemaDrift, match="names no folder of its own"):
        sources.pull(night, source, part)
    assert asked == []
    assert {p for p in tmp_path.rglob("*") if night.settings.paths.landing not in p.parents} == before
    with duckdb.connect() as con:
        load(con, night.settings.paths.landing, DAY)
        found = con.execute("select source, region, status, message from landing.partition").fetchall()
    assert found == [("aws_prices", told, FAILED, f"aws_prices: {told} names no folder of its own")]


@pytest.mark.parametrize("region", ["../x", "e" * 300, "\0"])
def test_a_partition_of_an_odd_region_lands_under_a_safe_name(folder: Path, tmp_path: Path, region: str) -> None:
    """Sources of the world name the regions of their partitions by what stands in the rows."""
    odd = Partition.of(InstancePrice, [row("azure_prices", region, "on_demand", "a", "1")], region=region, kind="spot")
    write_part(folder, "azure_prices", [odd, partition(("b", "2"))])
    assert sorted(sku for sku, *_ in loaded(tmp_path)[0]) == ["a", "b"]
    assert {p.parent for p in tmp_path.rglob("*.parquet")} == {folder}


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


CUTS: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "half": lambda file: file.write_bytes(file.read_bytes()[: file.stat().st_size // 2]),
    "zeros": lambda file: file.write_bytes(bytes(file.stat().st_size)),
    "gone": lambda file: file.unlink(),
}


@pytest.mark.parametrize("lost", ["rows.parquet", "rejected.parquet", "json"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_part_that_a_power_cut_left_cut_is_a_failed_one_and_is_asked_again(
    folder: Path, tmp_path: Path, lost: str, cut: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A killed night that goes on would take the part for pulled: none of its parts is."""
    other = part_folder(tmp_path, DAY, "azure_prices", "westus")
    for part in (folder, other):
        write_part(part, "azure_prices", [partition(("a", "1"))])
    write_failure(part_folder(tmp_path, DAY, "ecb_rates", "all"), "ecb_rates", FxRate, "all", FAILED, "HTTP 503")
    night = tmp_path / DAY.isoformat()
    (night / ".unfinished").write_text("killed")
    assert interrupted.drop_cut(night) == ()
    CUTS[cut](folder / f"instance_price.eastus.on_demand.{lost}")
    assert interrupted.drop_cut(night) == ("azure_prices",)
    with interrupted.attempt(night) as name:
        assert name != "killed"
    told = "its answer of earlier tonight was cut off on disk, and is asked for again"
    assert capsys.readouterr().err == f"azure_prices eastus: {told}\n"
    rows, _, statuses = loaded(tmp_path)
    assert [sku for sku, *_ in rows] == ["a"]
    assert sorted(statuses) == [("complete", 1, 1, ""), ("failed", 0, 0, "HTTP 503"), ("failed", 0, 0, told)]


def test_prune_keeps_the_newest_nights(tmp_path: Path) -> None:
    for day in range(1, 11):
        (tmp_path / f"2026-09-{day:02}").mkdir()
    prune(tmp_path, keep=7)
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"2026-09-{day:02}" for day in range(4, 11)]


def test_what_a_clock_that_was_ahead_left_is_no_answer_of_a_later_night(tmp_path: Path) -> None:
    for day in ("2026-09-29", "2026-10-01", "2026-10-02", "2027-01-01"):
        (tmp_path / day).mkdir()
    drop_later(tmp_path, date(2026, 10, 1))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["2026-09-29", "2026-10-01"]
