"""What is told of each source: a part that fails tonight is as old as its last whole answer."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb

from connectors.records import InstancePrice, Partition, ServicePrice
from flows.landing import FAILED, part_folder, write_failure, write_part
from tests.flows.nights import House

FIRST, LATER, LAST = date(2026, 11, 18), date(2026, 11, 21), date(2026, 11, 22)
PRICES = {"p5.48xlarge": "55.04"}


def test_a_failed_part_is_as_old_as_its_last_whole_answer(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    for region in ("us-east-1", "us-west-2"):
        house.land(FIRST, "aws_prices", region, PRICES)
    house.land(FIRST, "azure_prices", "eastus", {"Standard_ND96isr_H100_v5": "98.32"})
    house.night(FIRST, ("+source_status",))
    house.land(LATER, "aws_prices", "us-east-1", PRICES)
    house.fail(LATER, "aws_prices", "us-west-2")
    house.fail(LATER, "aws_prices", "eu-central-1")
    # the source could not even say which parts it has
    folder = house.settings.paths.landing / LATER.isoformat() / "azure_prices" / "parts" / "all"
    write_failure(folder, "azure_prices", InstancePrice, "all", FAILED, "refused")
    house.night(LATER, ("+source_status",))
    with duckdb.connect(str(tmp_path / "cost.duckdb"), read_only=True) as con:
        asked = "select source, region, last_complete_on, age_days from source_status order by all"
        found = con.execute(asked).fetchall()
    assert found == [
        ("aws_prices", "eu-central-1", None, None),
        ("aws_prices", "us-east-1", LATER, 0),
        ("aws_prices", "us-west-2", FIRST, 3),
        ("azure_prices", "all", FIRST, 3),
    ]


def test_a_part_that_is_a_kind_of_price_is_as_old_as_the_last_answer_about_it(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    landing = house.settings.paths.landing
    for kind, day in (("egress", FIRST), ("disks", LATER)):
        of_regions = [
            Partition.of(ServicePrice, [], region=region, kind=kind, as_of=day) for region in ("eastus", "eastus2")
        ]
        write_part(part_folder(landing, day, "azure_services", kind), "azure_services", of_regions)
        house.night(day, ("+source_status",))
    write_failure(
        part_folder(landing, LAST, "azure_services", "egress"),
        "azure_services",
        ServicePrice,
        "egress",
        FAILED,
        "HTTP 503",
    )
    write_failure(
        part_folder(landing, LAST, "azure_services", "new"), "azure_services", ServicePrice, "new", FAILED, ""
    )
    house.night(LAST, ("+source_status",))
    with duckdb.connect(str(tmp_path / "cost.duckdb"), read_only=True) as con:
        found = con.execute(
            "select region, last_complete_on, age_days, origin from source_status order by 1"
        ).fetchall()
    assert found == [("egress", FIRST, 4, "last_known"), ("new", None, None, None)]


def test_an_unchanged_answer_is_of_the_data_of_the_one_before(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    told = Partition.of(InstancePrice, [], region="us-east-1", kind="on_demand", as_of=date(2026, 11, 17))
    write_part(part_folder(house.settings.paths.landing, FIRST, "aws_prices", "us-east-1"), "aws_prices", [told])
    house.night(FIRST, ("+source_status",))
    house.land_unchanged(LATER, "aws_prices", "us-east-1")
    house.night(LATER, ("+source_status",))
    with duckdb.connect(str(tmp_path / "cost.duckdb"), read_only=True) as con:
        found = con.execute("select status, as_of, last_complete_on from source_status").fetchall()
    assert found == [("unchanged", "2026-11-17", LATER)]
