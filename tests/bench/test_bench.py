"""What the benchmarks rest on: the page tells the truth about limits, and the production-size world has its size."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.azure_prices import ACCELERATED, LINUX
from tests.bench import ec2, ec2_offer, places, world
from tests.bench.__main__ import PAGE, PARTS, RAW
from tests.bench.measure import Limit, Raw, Table, module, ratios, run, spread
from tests.bench.night import NODE
from tests.bench.page import page


class Fake:
    """A part with one figure."""

    TITLE = "A part"

    def limits(self, raw: Raw) -> Iterator[Limit]:
        yield Limit("time", raw["seconds"]["median"], 2, "s")
        yield Limit("rate", raw["rate"], 1000, "x", at_most=False)

    def tables(self, raw: Raw) -> Iterator[Table]:
        yield Table("How long.", ["work", "s"], [["it", raw["seconds"]], ["nothing", None]])


def test_the_page_says_which_limits_are_met() -> None:
    told = {"at": "2026-11-22T02:00+00:00", "load_before": 0.5, "versions": {"python": "3.11.7"}, "peers": {}}
    told["machine"] = {"processor": "P", "cores": 2, "memory_gb": 25.3, "system": "Linux"}
    found = page({"part": (Fake(), told | {"figures": {"seconds": spread([1.0, 1.5, 3.0]), "rate": 12345.6}})})
    assert "| time | 1.5 s | at most 2 s | yes |" in found
    assert "| rate | 12,346 x | at least 1,000 x | yes |" in found
    assert "| it | 1.5 (1-3, n=3) |\n| nothing |  |" in found
    late = page({"part": (Fake(), told | {"figures": {"seconds": spread([2.5]), "rate": 999}})})
    assert "| time | 2.5 s | at most 2 s | **no** |" in late
    assert "| rate | 999 x | at least 1,000 x | **no** |" in late


def test_ratios_are_of_pairs() -> None:
    ours, theirs = [{"seconds": 1.0}, {"seconds": 4.0}], [{"seconds": 3.0}, {"seconds": 8.0}]
    assert ratios(ours, theirs) == {"median": 2.5, "min": 2.0, "max": 3.0, "runs": 2}


def test_the_committed_page_is_of_the_raw_run_beside_it() -> None:
    raw = json.loads(RAW.read_text())
    assert list(raw) == list(PARTS)
    assert PAGE.read_text() == page({part: (PARTS[part], raw[part]) for part in PARTS})


def test_a_failed_process_is_no_figure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="exit 3: no such file"):
        run([sys.executable, "-c", "import sys; sys.stderr.write('no such file'); sys.exit(3)"], tmp_path / "log")


def test_readers_agree_on_a_small_file(tmp_path: Path) -> None:
    offer = tmp_path / "offer.csv"
    rows = ec2_offer.write(offer, types=2)
    read = {task: module("tests.bench.ec2_read", task, offer, log=tmp_path / "log") for task in ("bare", "all")}
    assert read["bare"]["rows"] == rows
    assert read["all"]["rows"] == 2 * 13  # one on-demand price and twelve terms of each type
    ec2.write_products(offer, tmp_path / "products", ec2.FILTERS)
    products = [json.loads(line) for line in (tmp_path / "products").read_text().splitlines()]
    assert [len(p["terms"]["OnDemand"]) for p in products] == [1, 1]
    assert [len(p["terms"]["Reserved"]) for p in products] == [12, 12]
    assert products[0]["product"]["attributes"]["tenancy"] == "Shared"


def test_a_half_made_file_is_not_taken_for_whole(tmp_path: Path) -> None:
    def killed(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        places.made(tmp_path / "file", killed)
    assert places.made(tmp_path / "file", lambda path: path.write_text("whole")).read_text() == "whole"


def test_azure_has_140_000_linux_rows_in_61_regions() -> None:
    retail = world.azure(night=1)
    linux = retail._listed(LINUX.text)
    assert 139_000 <= len(linux) <= 145_000
    assert len({row.region for row in linux}) == world.AZURE_REGIONS
    assert len(retail._listed(ACCELERATED.text)) > 5_000


def test_three_prices_in_a_hundred_move_each_night() -> None:
    pairs = [(f"region-{n % 30}", f"sku-{n}") for n in range(5_000)]
    moved = sum(world.price(*pair, 1.0, 2) != world.price(*pair, 1.0, 1) for pair in pairs)
    assert 110 <= moved <= 190


def test_nodes_are_read_from_the_log_of_dbt() -> None:
    line = "02:00:00.0 [info ] [Thread-3 (]: 12 of 149 OK created sql table model cost.cost_row ... [OK in 5.91s]"
    seed = "02:00:00.0 [info ] [Thread-4 (]: 13 of 149 OK loaded seed file reference.model ... [INSERT 24 in 0.07s]"
    assert [m.groups() for m in map(NODE.search, (line, seed)) if m] == [
        ("cost.cost_row", "5.91"),
        ("reference.model", "0.07"),
    ]
    assert not NODE.search("02:00:00.0 [info ] [Thread-3 (]: 12 of 149 START sql table model cost.cost_row ... [RUN]")
