"""How history grows: a year of 500,000 prices and 400,000 cost rows, of which 1 % change each night."""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from flows import dbt
from flows.warehouse import connect
from tests.bench import growth
from tests.flows.nights import House

PRICES, NIGHTS = 500_000, 365
SELECT = ("+hist_instance_price", "+hist_partition")
MEGABYTE = 1e6


def tell(capsys: pytest.CaptureFixture[str], figure: str) -> None:
    with capsys.disabled():
        sys.stdout.write(f"\n{figure}\n")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A warehouse after 364 nights."""
    house = House.at(tmp_path_factory.mktemp("growth"))
    first = growth.LAST - timedelta(days=NIGHTS - 1)
    growth.land(house.settings, first, growth.prices(PRICES, 0))
    house.night(first, select=SELECT)
    with connect(house.settings.paths.warehouse) as con:
        growth.add_year(
            con, "history.hist_instance_price", "hash(source_key, purchase_option)", NIGHTS - 1, "price_per_hour"
        )
    return house


@pytest.mark.bench
def test_the_nightly_merge_of_500_000_prices(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    growth.land(house.settings, growth.LAST, growth.prices(PRICES, 1))
    started, worked = time.monotonic(), time.process_time()
    house.load(growth.LAST)
    loaded = time.monotonic() - started, time.process_time() - worked
    built = dbt.build(house.settings, growth.LAST, house.settings.paths.root / "x.duckdb", command="run", select=SELECT)
    merged = built.seconds["hist_instance_price"]
    tell(capsys, f"load and gate {loaded[0]:.1f} s ({loaded[1]:.1f} s of CPU), merge {merged:.1f} s")
    opened = house.rows(f"select count(*) from history.hist_instance_price where valid_from = '{growth.LAST}'")
    assert opened == [(PRICES // 100,)]
    assert merged < 5


@pytest.mark.bench
def test_a_year_of_prices_as_published(house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "prices.duckdb"
    with connect(file) as con:
        con.execute(f"attach '{house.settings.paths.warehouse}' as warehouse (read_only)")
        con.execute(
            "create table instance_price as select * exclude (source_rank, part_region, part_kind, price_kind)"
            " from warehouse.history.hist_instance_price"
            " order by provider, region, zone, sku, operating_system, purchase_option, currency, valid_from"
        )
        con.execute("checkpoint")
    tell(capsys, f"price history {file.stat().st_size / MEGABYTE:.0f} MB")
    assert file.stat().st_size < 60 * MEGABYTE


COSTS = f"""
create table costs as
select
    'scenario-' || lpad((i % 15)::varchar, 2, '0') as scenario_id,
    'aws/region-' || (i // 15 % 40) || '/c' || (i // 600) || '.48xlarge/on_demand' as option_id,
    'ok' as status,
    (hash(i) % 1000000000 / 1e4)::decimal(18, 4) as usd_per_day,
    (hash(i) % 1000000000 / 1.2e4)::decimal(18, 4) as usd_per_day_low,
    (hash(i) % 1000000000 / 0.8e4)::decimal(18, 4) as usd_per_day_high,
    (hash(i) % 100000)::double as kwh_per_day,
    (hash(i) % 100000 / 3)::double as kgco2e_per_day,
    '1' as model_version,
    date '{growth.LAST}' as valid_from,
    null::date as valid_to
from range(400000) as r(i)
"""
QUERIES = {
    "cheapest per region today": "select split_part(option_id, '/', 2) as region, min_by(option_id, usd_per_day)"
    " from cost_history where valid_to is null and scenario_id = 'scenario-01' group by all",
    "one option through the year": "select * from cost_history where scenario_id = 'scenario-01'"
    " and option_id = 'aws/region-3/c7.48xlarge/on_demand' order by valid_from",
    "month on month": f"""
        select option_id, n.usd_per_day - o.usd_per_day as change
        from cost_history as n inner join cost_history as o using (scenario_id, option_id)
        where scenario_id = 'scenario-01'
            and n.valid_from <= date '{growth.LAST}' and coalesce(n.valid_to, date '9999-12-31') > date '{growth.LAST}'
            and o.valid_from <= date '{growth.LAST - timedelta(days=30)}'
            and coalesce(o.valid_to, date '9999-12-31') > date '{growth.LAST - timedelta(days=30)}'
        order by abs(change) desc limit 20""",
}


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A year of cost history, sorted as the mart is."""
    root = tmp_path_factory.mktemp("costs")
    with connect(root / "costs.duckdb") as con:
        con.execute(COSTS)
        growth.add_year(con, "costs", "hash(scenario_id, option_id)", NIGHTS - 1, "usd_per_day")
        con.execute(f"attach '{root / 'published.duckdb'}' as published")
        con.execute("create table published.cost_history as from costs order by scenario_id, option_id, valid_from")
        con.execute("checkpoint published")
    return root / "published.duckdb"


@pytest.mark.bench
def test_a_year_of_cost_history(costs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tell(capsys, f"cost history {costs.stat().st_size / MEGABYTE:.0f} MB")
    assert costs.stat().st_size < 500 * MEGABYTE


@pytest.mark.bench
@pytest.mark.parametrize("question", QUERIES)
def test_a_question_of_bi_is_answered_at_once(costs: Path, question: str, capsys: pytest.CaptureFixture[str]) -> None:
    with duckdb.connect(str(costs), read_only=True) as con:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            assert con.execute(QUERIES[question]).fetchall()
            times.append(time.perf_counter() - started)
    tell(capsys, f"{question}: {1000 * min(times):.0f} ms")
    assert min(times) < 0.1
