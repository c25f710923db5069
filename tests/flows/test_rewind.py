"""History as it was before a night, in one step."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from flows import rewind
from flows.warehouse import connect, open_warehouse
from tests.flows.nights import House

FIRST, SECOND = date(2026, 11, 20), date(2026, 11, 21)
VERSIONS = """
select sku, price_per_hour::varchar, valid_from, valid_to from history.hist_instance_price order by sku, valid_from
"""


def two_nights(root: Path) -> House:
    """One price changes, one ends, one begins on the second night."""
    house = House.at(root)
    house.land(FIRST, "aws_prices", "us-east-1", {"p5.48xlarge": "55.04", "p4d.24xlarge": "21.957642"})
    house.night(FIRST)
    house.land(SECOND, "aws_prices", "us-east-1", {"p5.48xlarge": "50.00", "g6.xlarge": "0.8048"})
    house.night(SECOND)
    return house


def test_versions_of_the_night_go_and_those_it_closed_are_open_again(tmp_path: Path) -> None:
    house = two_nights(tmp_path)
    assert len(house.rows(VERSIONS)) == 4
    with open_warehouse(house.settings) as con:
        rewind.rewind(con, SECOND)
    assert house.rows(VERSIONS) == [
        ("p4d.24xlarge", "21.9576420000", FIRST, None),
        ("p5.48xlarge", "55.0400000000", FIRST, None),
    ]
    assert house.rows("select distinct cost_date from history.hist_partition") == [(FIRST,)]


def test_a_failure_on_the_way_leaves_all_tables_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    house = two_nights(tmp_path)
    before = house.rows(VERSIONS)
    monkeypatch.setattr(rewind, "TABLES", "select unnest(['hist_instance_price', 'hist_of_another_version'])")
    with connect(house.settings.paths.warehouse) as con, pytest.raises(duckdb.CatalogException):
        rewind.rewind(con, SECOND)
    assert house.rows(VERSIONS) == before


def test_a_night_is_repeated_by_a_version_that_keeps_one_column_more(tmp_path: Path) -> None:
    house = two_nights(tmp_path)
    before = house.rows(VERSIONS)
    with open_warehouse(house.settings) as con:
        con.execute("alter table history.hist_instance_price drop column location_type")
    house.night(SECOND)
    assert house.rows(VERSIONS) == before
    kept = "select sku, location_type from history.hist_instance_price where valid_to is null order by sku"
    assert house.rows(kept) == [("g6.xlarge", "region"), ("p5.48xlarge", "region")]
