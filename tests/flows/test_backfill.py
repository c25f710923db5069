"""Backfill from three old price lists; p5.48xlarge at 98.32 fell to 55.04, the list's cut of 2025.

The tests follow each other on one HOME: a first night, old days filled, the first night repeated at another price, a
second night, and nights filled again whose costs were lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from connectors.aws_versions import in_force
from connectors.errors import UsageError
from connectors.records import InstancePrice, Partition
from flows import dbt
from flows.backfill import Backfilled, backfill
from flows.cli import app
from flows.config_tables import Discount, Scenario
from flows.landing import part_folder, write_part
from flows.settings import Settings
from tests.fakes.aws_price_list import PriceList
from tests.fakes.aws_world import World
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request, Server
from tests.flows.nights import House, row

REGION = "us-east-1"
LIVE, SECOND = date(2026, 9, 1), date(2026, 9, 2)
MARTS = ("+cost_history", "+cost_change", "+price_change")
P5, G6 = (f"aws/{REGION}/{sku}" for sku in ("p5.48xlarge", "g6.xlarge"))
ON_DEMAND, RESERVED, MIX = (f"{P5}/{option}" for option in ("on_demand", "reserved_1y_no_upfront", "mix"))
CHAT, SMALL = "dialogue-llama-70b", "dialogpt-medium"
SHARE = Decimal("0.63")  # of the on-demand price: the term without upfront, as the fake list has it
OLD = {
    "20260630201500": {"p5.48xlarge": "98.32", "g6.xlarge": "0.8048"},
    "20260715090000": {"p5.48xlarge": "98.32"},
    "20260801120000": {"p5.48xlarge": "55.04", "g6.xlarge": "0.8048"},
}
VERSIONS = """
select sku, price_per_hour::varchar, valid_from::varchar, valid_to::varchar, source_version
from history.hist_instance_price where part_kind = 'on_demand' order by sku, valid_from
"""


class Archive:
    """A price list that still has its old versions."""

    def __init__(self) -> None:
        worlds = [World(version=v, on_demand={REGION: prices}) for v, prices in OLD.items()]
        self.lists = {world.version: PriceList(world, "aws") for world in worlds}

    def __call__(self, request: Request) -> Reply:
        if request.path == "/offers/v1.0/aws/AmazonEC2/index.json":
            return Reply.of_json({"currentVersion": max(OLD), "versions": {v: {"offerVersionUrl": ""} for v in OLD}})
        version = re.search(r"/(\d{14})/", request.path)
        newest = self.lists[max(OLD)]
        return self.lists.get(version.group(1), lambda _: NOT_FOUND)(request) if version else newest(request)


@pytest.fixture(scope="module")
def archive() -> Iterator[Server]:
    with Server([Fake("aws-price-list", Archive(), {"COSTWATT_AWS_PRICE_LIST_URL": ""})]) as server:
        yield server


@pytest.fixture(scope="module")
def house(archive: Server, tmp_path_factory: pytest.TempPathFactory) -> House:
    house = House.at(tmp_path_factory.mktemp("backfill"))
    negotiated = [
        Discount(purchase_option="reserved_*", discount_ratio=0.1),
        Discount(product="egress", discount_ratio=0.5),
        Discount(product="storage", discount_ratio=0.25),
    ]
    house = House(house.settings.model_copy(update={"discount": negotiated}))
    night(house, LIVE, "55.04", whole=True)
    url = archive.settings()["COSTWATT_AWS_PRICE_LIST_URL"]
    return House(
        house.settings.model_copy(update={"offline": False, "aws_regions": (REGION,), "aws_price_list_url": url})
    )


def night(house: House, day: date, p5_usd_per_hour: str, *, whole: bool = False) -> None:
    """A night of two instance types, and of one term of p5.48xlarge; only the models that are looked at, or all."""
    terms = {"p5.48xlarge": str(Decimal(p5_usd_per_hour) * SHARE)}
    listed = {"on_demand": {"p5.48xlarge": p5_usd_per_hour, "g6.xlarge": "0.8048"}, "reserved": terms}
    partitions = [
        Partition.of(
            InstancePrice,
            [row("aws_prices", REGION, kind, *named) for named in prices.items()],
            region=REGION,
            kind=kind,
        )
        for kind, prices in listed.items()
    ]
    write_part(part_folder(house.settings.paths.landing, day, "aws_prices", REGION), "aws_prices", partitions)
    house.load(day)
    command, select = ("build", ()) if whole else ("run", MARTS)
    dbt.build(house.settings, day, house.settings.paths.root / "cost.duckdb", command=command, select=select)


def offline(house: House) -> Settings:
    """What history knows is all that may be asked."""
    return house.settings.model_copy(update={"offline": True})


def published(house: House, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(house.settings.paths.root / "cost.duckdb"), read_only=True) as con:
        return con.execute(sql).fetchall()


def costs(house: House, option: str, scenario: str = CHAT) -> list[tuple[date, date | None, Decimal, bool]]:
    """Versions of a cost: from, to, USD per day, and whether it was filled in."""
    return [
        (start, end, Decimal(str(usd)), bool(filled))
        for start, end, usd, filled in house.rows(
            "select valid_from, valid_to, usd_per_day, is_backfilled from history.hist_cost"
            f" where option_id = '{option}' and scenario_id = '{scenario}' order by valid_from"
        )
    ]


def overlaps(house: House) -> list[tuple[object, ...]]:
    return house.rows(
        "from history.hist_cost as a inner join history.hist_cost as b using (scenario_id, option_id)"
        " where a.valid_from < b.valid_from and coalesce(a.valid_to, 'infinity'::date) > b.valid_from"
        " or a.valid_to <= a.valid_from"
    )


@pytest.mark.night
def test_old_prices_stand_before_the_first_live_night(house: House) -> None:
    live = house.rows("from history.hist_cost order by all")
    (filled,) = backfill(house.settings, date(2026, 7, 10), date(2026, 8, 31))
    assert (filled.region, filled.versions, filled.cost_days) == (REGION, 3, 53)
    assert [r for r in house.rows(VERSIONS) if r[0] in {"g6.xlarge", "p5.48xlarge"}] == [
        ("g6.xlarge", "0.8048000000", "2026-07-10", "2026-07-15", "20260630201500"),
        ("g6.xlarge", "0.8048000000", "2026-08-01", "2026-09-01", "20260801120000"),
        ("g6.xlarge", "0.8048000000", "2026-09-01", None, "1"),
        ("p5.48xlarge", "98.3200000000", "2026-07-10", "2026-08-01", "20260630201500"),
        ("p5.48xlarge", "55.0400000000", "2026-08-01", "2026-09-01", "20260801120000"),
        ("p5.48xlarge", "55.0400000000", "2026-09-01", None, "1"),
    ]
    assert house.rows("from history.hist_cost where valid_from >= '2026-09-01' order by all") == live
    assert house.rows("select count(*) from history.hist_cost where is_backfilled") == [(filled.cost_rows,)]


@pytest.mark.night
@pytest.mark.parametrize(("option", "paid"), [(ON_DEMAND, Decimal(1)), (RESERVED, SHARE * Decimal("0.9"))])
def test_an_old_day_costs_what_the_model_gives_at_its_price(house: House, option: str, paid: Decimal) -> None:
    dear, cheap, live = costs(house, option)
    assert [version[:2] for version in (dear, cheap, live)] == [
        (date(2026, 7, 10), date(2026, 8, 1)),
        (date(2026, 8, 1), LIVE),
        (LIVE, None),
    ]
    assert [version[3] for version in (dear, cheap, live)] == [True, True, False]
    assert cheap[2] == live[2]
    ((node_hours,),) = house.rows(
        f"select node_hours_per_day from cost.option_cost where option_id = '{option}' and scenario_id = '{CHAT}'"
    )
    rise = Decimal(str(node_hours)) * paid * (Decimal("98.32") - Decimal("55.04"))
    assert abs(dear[2] - live[2] - rise) <= Decimal("0.0001")


@pytest.mark.night
def test_a_mix_of_an_old_day_is_of_both_old_prices(house: House) -> None:
    dear, _, live = costs(house, MIX)
    ((rental,),) = house.rows(
        f"select rental_usd from cost.option_cost where option_id = '{MIX}' and scenario_id = '{CHAT}'"
    )
    rise = Decimal(str(rental)) * (Decimal("98.32") / Decimal("55.04") - 1)
    assert abs(dear[2] - live[2] - rise) <= Decimal("0.0002")


@pytest.mark.night
def test_a_day_without_a_price_has_no_cost(house: House) -> None:
    assert [version[:2] for version in costs(house, f"{G6}/on_demand", SMALL)] == [
        (date(2026, 7, 10), date(2026, 7, 15)),
        (date(2026, 8, 1), LIVE),
        (LIVE, None),
    ]
    sold = "select distinct split_part(option_id, '/', 1) from history.hist_cost where valid_from < '2026-09-01'"
    assert house.rows(sold) == [("aws",)]
    assert house.rows("select count(*) > 100 from history.hist_cost where option_id like 'onprem/%'") == [(True,)]


@pytest.mark.night
def test_a_second_time_inserts_nothing_and_an_earlier_day_only_what_was_missing(house: House) -> None:
    everything = "from history.hist_cost order by all"
    prices, known = house.rows(VERSIONS), house.rows(everything)
    assert backfill(house.settings, date(2026, 7, 10), date(2026, 8, 31)) == [Backfilled(REGION, 3)]
    assert (house.rows(VERSIONS), house.rows(everything)) == (prices, known)
    (filled,) = backfill(house.settings, date(2026, 7, 1), date(2026, 8, 31))
    added = [r for r in house.rows(VERSIONS) if r not in prices and r[0] in {"g6.xlarge", "p5.48xlarge"}]
    assert [r[:4] for r in added] == [
        ("g6.xlarge", "0.8048000000", "2026-07-01", "2026-07-10"),
        ("p5.48xlarge", "98.3200000000", "2026-07-01", "2026-07-10"),
    ]
    earlier, dear = costs(house, ON_DEMAND)[:2]
    assert earlier == (date(2026, 7, 1), date(2026, 7, 10), dear[2], True)
    assert (filled.cost_days, set(known) - set(house.rows(everything))) == (9, set())
    assert overlaps(house) == []


@pytest.mark.night
def test_days_of_live_nights_are_left_alone(house: House) -> None:
    assert backfill(house.settings, LIVE, date(2026, 9, 30)) == [Backfilled(REGION)]


@pytest.mark.night
def test_the_first_night_again_at_another_price_is_still_a_first_night(house: House) -> None:
    night(house, LIVE, "60.00")
    assert [version[:2] for version in costs(house, ON_DEMAND)][-2:] == [(date(2026, 8, 1), LIVE), (LIVE, None)]
    assert overlaps(house) == []
    assert published(house, "select count(*) from cost_change") == [(0,)]
    changed = "select sku, change_kind from price_change where purchase_option = 'on_demand'"
    assert published(house, changed) == [("p5.48xlarge", "price")]
    one = f"option_id = '{ON_DEMAND}' and scenario_id = '{CHAT}'"
    shown = published(house, f"select usd_per_day, is_backfilled from cost_history where {one} order by valid_from")
    assert [(Decimal(str(usd)), filled) for usd, filled in shown] == [
        version[2:] for version in costs(house, ON_DEMAND)
    ]


@pytest.mark.night
def test_a_scenario_that_came_later_costs_what_it_would_have_cost(house: House) -> None:
    own = Scenario(model="llama-3.1-70b", requests_per_day=250_000, input_tokens=900, output_tokens=250)
    night(House(house.settings.model_copy(update={"scenarios": {"own": own}})), SECOND, "50.00")
    moved = "select count(*) > 0, max(by_price_usd) < 0 from cost_change where cost_change_kind = 'cost'"
    assert published(house, moved) == [(True, True)]
    ((tonight,),) = [version[2:3] for version in costs(house, ON_DEMAND, "own")]
    backfill(offline(house), LIVE, date(2026, 9, 30))
    ((node_hours,),) = house.rows(
        f"select node_hours_per_day from cost.option_cost where option_id = '{ON_DEMAND}' and scenario_id = 'own'"
    )
    earlier, later = costs(house, ON_DEMAND, "own")
    assert (later, earlier[:2], earlier[3]) == ((SECOND, None, tonight, False), (LIVE, SECOND), True)
    assert abs(earlier[2] - tonight - Decimal(str(node_hours)) * 10) <= Decimal("0.0001")


@pytest.mark.night
def test_costs_of_nights_that_were_lost_come_back_as_they_were(house: House) -> None:
    told = "select * exclude (is_backfilled) from history.hist_cost order by all"
    before = house.rows(told)
    for lost in (LIVE, SECOND):
        with duckdb.connect(str(house.settings.paths.warehouse)) as con:
            con.execute("delete from history.hist_cost where valid_from = ?", [lost])
        assert house.rows(told) != before
        filled = backfill(offline(house), LIVE, date(2026, 9, 30))
        assert (house.rows(told), overlaps(house)) == (before, [])
        assert Backfilled(REGION) not in filled
    assert costs(house, ON_DEMAND)[-2:] == [(*version[:3], True) for version in costs(house, ON_DEMAND)[-2:]]


@pytest.mark.night
def test_history_of_another_version_is_refused(house: House) -> None:
    before = house.rows("from history.hist_cost order by all")
    other = offline(house).model_copy(update={"cost_draws": 257})
    with pytest.raises(UsageError, match="of another version or of other settings"):
        backfill(other, LIVE, date(2026, 9, 30))
    assert house.rows("from history.hist_cost order by all") == before


@pytest.mark.night
def test_the_command_says_when_readers_see_it(house: House, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COSTWATT_HOME", str(house.settings.paths.root))
    monkeypatch.setenv("COSTWATT_OFFLINE", "1")
    monkeypatch.setenv("COSTWATT_COST_DRAWS", "256")
    with duckdb.connect(str(house.settings.paths.warehouse)) as con:
        con.execute(f"delete from history.hist_cost where option_id = '{ON_DEMAND}' and valid_from = '{SECOND}'")
    done = CliRunner().invoke(app, ["backfill", "--from", "2026-09-01", "--to", "2026-09-02", "--format", "csv"])
    header, line = done.stdout.splitlines()
    assert header == "region,old_price_lists,price_versions,cost_days,cost_rows"
    assert line == f"{REGION},0,0,1,{len(house.rows('from history.hist_scenario where valid_to is null'))}"
    assert "after the next one" in done.stderr


def test_days_in_the_wrong_order_are_bad_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="--from 2026-09-02: lies after --to 2026-09-01"):
        CliRunner().invoke(app, ["backfill", "--from", "2026-09-02", "--to", "2026-09-01"], catch_exceptions=False)


def test_days_that_are_not_over_are_bad_usage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COSTWATT_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="--to 2999-01-01: only days that are over are filled"):
        CliRunner().invoke(app, ["backfill", "--from", "2026-09-01", "--to", "2999-01-01"], catch_exceptions=False)


def test_the_version_in_force_is_the_last_one_published_by_the_day() -> None:
    names = sorted(OLD)
    assert in_force(names, date(2026, 7, 10), LIVE) == {
        date(2026, 7, 10): "20260630201500",
        date(2026, 7, 15): "20260715090000",
        date(2026, 8, 1): "20260801120000",
    }
    # the day of a publication is the first that has it
    assert in_force(names, date(2026, 7, 15), LIVE) == {
        date(2026, 7, 15): "20260715090000",
        date(2026, 8, 1): "20260801120000",
    }
    assert in_force(names, date(2026, 6, 1), date(2026, 7, 1)) == {date(2026, 6, 30): "20260630201500"}
    assert in_force(names, date(2026, 6, 1), date(2026, 6, 2)) == {}


def test_home_without_a_night_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="run: costwatt refresh"):
        backfill(Settings(home=tmp_path), LIVE, LIVE)
