"""Backfill from three old price lists; p5.48xlarge at 98.32 fell to 55.04, the list's cut of 2025."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from connectors.aws_versions import in_force
from flows.backfill import Backfilled, backfill
from flows.settings import Settings
from tests.fakes.aws_price_list import PriceList
from tests.fakes.aws_world import World
from tests.fakes.server import NOT_FOUND, Fake, Reply, Request, Server
from tests.flows.nights import House

REGION = "us-east-1"
LIVE = date(2026, 9, 1)
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
def settings(archive: Server, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    house = House.at(tmp_path_factory.mktemp("backfill"))
    house.land(LIVE, "aws_prices", REGION, {"p5.48xlarge": "55.04"})
    house.night(LIVE, select=("+hist_instance_price", "+hist_partition"))
    url = archive.settings()["COSTWATT_AWS_PRICE_LIST_URL"]
    return house.settings.model_copy(update={"offline": False, "aws_regions": (REGION,), "aws_price_list_url": url})


def test_old_prices_stand_before_the_first_live_night(settings: Settings) -> None:
    assert [f.versions for f in backfill(settings, date(2026, 7, 10), date(2026, 8, 31))] == [3]
    assert House(settings).rows(VERSIONS) == [
        ("g6.xlarge", "0.8048000000", "2026-07-10", "2026-07-15", "20260630201500"),
        ("g6.xlarge", "0.8048000000", "2026-08-01", "2026-09-01", "20260801120000"),
        ("p5.48xlarge", "98.3200000000", "2026-07-10", "2026-08-01", "20260630201500"),
        ("p5.48xlarge", "55.0400000000", "2026-08-01", "2026-09-01", "20260801120000"),
        ("p5.48xlarge", "55.0400000000", "2026-09-01", None, "1"),
    ]


def test_a_second_time_inserts_nothing_and_an_earlier_day_only_what_was_missing(settings: Settings) -> None:
    before = House(settings).rows(VERSIONS)
    assert backfill(settings, date(2026, 7, 10), date(2026, 8, 31)) == [Backfilled(REGION, 3, 0)]
    assert House(settings).rows(VERSIONS) == before
    backfill(settings, date(2026, 7, 1), date(2026, 8, 31))
    added = [row for row in House(settings).rows(VERSIONS) if row not in before]
    assert [row[:4] for row in added] == [
        ("g6.xlarge", "0.8048000000", "2026-07-01", "2026-07-10"),
        ("p5.48xlarge", "98.3200000000", "2026-07-01", "2026-07-10"),
    ]


def test_days_of_live_nights_are_left_alone(settings: Settings) -> None:
    assert backfill(settings, LIVE, date(2026, 9, 30)) == [Backfilled(REGION, 0, 0)]


def test_the_version_in_force_is_the_last_one_published_by_the_day() -> None:
    names = sorted(OLD)
    assert in_force(names, date(2026, 7, 10), LIVE) == {
        date(2026, 7, 10): "20260630201500",
        date(2026, 7, 15): "20260715090000",
        date(2026, 8, 1): "20260801120000",
    }
    assert in_force(names, date(2026, 6, 1), date(2026, 7, 1)) == {date(2026, 6, 30): "20260630201500"}
    assert in_force(names, date(2026, 6, 1), date(2026, 6, 2)) == {}


def test_home_without_a_night_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="run: costwatt refresh"):
        backfill(Settings(home=tmp_path), LIVE, LIVE)
