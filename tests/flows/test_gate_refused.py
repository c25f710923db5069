"""What a source's reader refuses is not what the source no longer sells."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from connectors.records import InstancePrice, Partition, Rejected
from flows.landing import part_folder, write_part
from tests.flows.nights import House, row

ONE, TWO, THREE = (date(2026, 11, day) for day in (19, 20, 21))
PRICES = "select sku, price_per_hour::varchar, price_origin, price_age_days from options.opt_instance_price order by 1"
H100, A100, L4 = "p5.48xlarge", "p4d.24xlarge", "g6.48xlarge"


def test_the_last_price_of_a_refused_row_stays_and_says_so(tmp_path: Path) -> None:
    house = House.at(tmp_path)
    house.land(ONE, "aws_prices", "us-east-1", {H100: "55.04", A100: "21.96", L4: "13.35"})
    house.night(ONE)
    kept = [row("aws_prices", "us-east-1", "on_demand", A100, "21.96")]
    conflict = [Rejected.of(f"{H100}/on_demand/USD", "conflict", {"price": price}) for price in (55.04, 110.08)]
    answer = Partition.of(InstancePrice, kept, region="us-east-1", kind="on_demand", rejected=conflict)
    write_part(part_folder(house.settings.paths.landing, TWO, "aws_prices", "us-east-1"), "aws_prices", [answer])
    house.night(TWO)
    assert house.rows(PRICES) == [(A100, "21.9600000000", "live", 0), (H100, "55.0400000000", "last_known", 1)]
    told = house.rows("select reason, count(*) from gate.quarantine group by all order by all")
    assert told == [("conflict", 2), ("its last price stays: conflict", 1)]

    # the list with the conflict is still the one in force
    house.land_unchanged(THREE, "aws_prices", "us-east-1")
    house.night(THREE)
    assert house.rows(PRICES) == [(A100, "21.9600000000", "live", 0), (H100, "55.0400000000", "last_known", 2)]
