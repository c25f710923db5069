"""A first night on which no source answered: everything is built, and nothing is made up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest

from flows import dbt
from flows.dashboard import write_dashboard
from flows.publish import export
from tests.flows.nights import House

DAY = date(2026, 9, 1)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the published night."""
    house = House.at(tmp_path_factory.mktemp("empty"))
    for source, region in (("aws_prices", "us-east-1"), ("azure_prices", "eastus")):
        house.fail(DAY, source, region)
    house.load(DAY)
    run = house.settings.paths.runs / "empty"
    run.mkdir(parents=True)
    dbt.build(house.settings, DAY, run / "cost.duckdb")
    write_dashboard(run, run.name, house.settings.paths.dbt)
    export(run, run.name, DAY.isoformat())
    return run


def rows(run: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(run / "cost.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


@pytest.mark.night
def test_every_cost_says_that_it_has_no_price(run: Path) -> None:
    assert rows(run, "select distinct status from daily_cost where status <> 'not_supported'") == [("no_price",)]
    assert rows(run, "select count(usd_per_day), count(rank) from daily_cost") == [(0, 0)]


@pytest.mark.night
@pytest.mark.parametrize("table", ["commitment", "break_even", "scale_curve", "lever", "cheapest_option"])
def test_what_rests_on_prices_is_empty(run: Path, table: str) -> None:
    assert rows(run, f"select count(*) from {table}") == [(0,)]


@pytest.mark.night
def test_the_sources_that_failed_are_told(run: Path) -> None:
    told = "select source, status from source_status where source in ('aws_prices', 'azure_prices') order by all"
    assert rows(run, told) == [("aws_prices", "failed"), ("azure_prices", "failed")]
    assert "Nothing comparable is priced tonight" in (run / "index.html").read_text()


@pytest.mark.night
def test_the_feeds_carry_the_same_rows(run: Path) -> None:
    for table in ("daily_cost", "focus_cost"):
        file = run / "parquet" / table / "data.parquet"
        assert rows(run, f"select count(*) from '{file}'") == rows(run, f"select count(*) from {table}")
