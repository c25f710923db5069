"""Thirty nights beside a plain model of what history must hold after each of them.

A night lands every partition of ``asked`` with its current prices; SCRIPT says what is different
about a night. The model knows no SQL: it keeps a list of versions by key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

import pytest

from tests.flows.nights import House

FIRST = date(2026, 9, 1)
NIGHTS = 30
VERSIONS = """
select region, sku, currency, price_per_hour, source, valid_from, valid_to
from history.hist_instance_price order by region, sku, currency, valid_from
"""
AGES = "select region, sku, currency, price_as_of from options.opt_instance_price where price_origin <> 'bundled'"
EAST, WEST, AZURE = ("aws_prices", "us-east-1"), ("aws_prices", "us-west-2"), ("azure_prices", "eastus")
BUNDLED = {
    ("bundled_prices", "us-east-1"): {"p5.48xlarge": "98.32", "p4d.24xlarge": "21.957642"},
    ("bundled_prices", "us-west-2"): {"p4d.24xlarge": "21.95764"},
    ("bundled_prices", "eastus"): {"ND96isr_H100_v5": "98.32"},
}
SIZES = {f"m7i.{n}xlarge": f"{n}.0032" for n in range(1, 16)}

Part = tuple[str, str]
Key = tuple[str, str, str]


@dataclass
class Model:
    """What history must be: versions (price, source, from, to) by key, and when each was last confirmed."""

    versions: dict[Key, list[tuple[Decimal, str, date, date | None]]] = field(default_factory=dict)
    confirmed: dict[Key, date] = field(default_factory=dict)
    live: set[str] = field(default_factory=set)

    def open_keys(self, region: str) -> set[Key]:
        return {k for k, v in self.versions.items() if k[0] == region and v[-1][3] is None}

    def answer(self, day: date, part: Part, prices: dict[str, str], held: set[str]) -> None:
        source, region = part
        if source.startswith("bundled") and region in self.live:
            return
        if not source.startswith("bundled"):
            self.live.add(region)
        named = {(region, *_named(sku)): (sku, Decimal(price)) for sku, price in prices.items()}
        for key in self.open_keys(region) - named.keys():
            self._close(key, day)
        for key, (sku, price) in named.items():
            if sku not in held:
                self._tell(key, day, price, source)

    def unchanged(self, day: date, part: Part) -> None:
        for key in self.open_keys(part[1]):
            self.confirmed[key] = day

    def _tell(self, key: Key, day: date, price: Decimal, source: str) -> None:
        self.confirmed[key] = day
        versions = self.versions.setdefault(key, [])
        if versions and versions[-1][3] is None:
            if versions[-1][:2] == (price, source):
                return
            self._close(key, day)
        versions.append((price, source, day, None))

    def _close(self, key: Key, day: date) -> None:
        self.versions[key][-1] = (*self.versions[key][-1][:3], day)

    def rows(self) -> list[tuple[object, ...]]:
        rows = [(*key, *version) for key, versions in self.versions.items() for version in versions]
        return sorted(rows, key=lambda r: (*r[:3], str(r[5])))

    def ages(self) -> set[tuple[object, ...]]:
        live = {k for k, v in self.versions.items() if v[-1][3] is None and not v[-1][1].startswith("bundled")}
        return {(*key, self.confirmed[key]) for key in live}


def _named(sku: str) -> tuple[str, str]:
    name, _, currency = sku.partition(" ")
    return name, currency or "USD"


@dataclass
class Walk:
    """The world, the house that records it, and the model that says what it must record."""

    house: House
    model: Model = field(default_factory=Model)
    asked: set[Part] = field(default_factory=set)
    prices: dict[Part, dict[str, str]] = field(default_factory=dict)
    failed: set[Part] = field(default_factory=set)
    same: set[Part] = field(default_factory=set)
    held: dict[Part, set[str]] = field(default_factory=dict)
    refused: set[Part] = field(default_factory=set)
    kept: dict[Part, dict[str, str]] = field(default_factory=dict)

    def night(self, day: date, *, killed: bool = False) -> None:
        """Land, tell the model, run; killed: the first run ends in the middle, a second one is whole."""
        for part, prices in (BUNDLED | {p: self.prices[p] for p in sorted(self.asked)}).items():
            if part in self.failed:
                self.house.fail(day, *part)
            elif part in self.same:
                self.house.land_unchanged(day, *part)
                self.model.unchanged(day, part)
            else:
                self.house.land(day, *part, prices)
                if part not in self.refused:
                    self.model.answer(day, part, prices, self.held.get(part, set()))
        if killed:
            self.house.night(day, select=("+hist_partition",))
        self.house.night(day)
        self.failed, self.same, self.held, self.refused = set(), set(), {}, set()

    def first_live(self) -> None:
        self.asked = {EAST, WEST, AZURE}
        self.prices = {
            EAST: {"p5.48xlarge": "55.04", "p4d.24xlarge": "21.957642", "g6.xlarge": "0.8048"} | SIZES,
            WEST: {"p4d.24xlarge": "21.95764", "p5.48xlarge": "55.04"},
            AZURE: {"ND96isr_H100_v5": "98.32", "NC24ads_A100_v4": "3.673"},
        }
        self.failed = {AZURE}

    def price(self, part: Part, sku: str, price: str) -> None:
        self.prices[part][sku] = price

    def jump(self) -> None:
        self.price(AZURE, "ND96isr_H100_v5", "43.16")
        self.held = {AZURE: {"ND96isr_H100_v5"}}

    def half_a_file(self) -> None:
        whole = self.kept[EAST] = dict(self.prices[EAST])
        self.prices[EAST] = dict(list(whole.items())[: len(whole) // 2])
        self.refused = {EAST}

    def whole_file(self) -> None:
        self.prices[EAST] = self.kept[EAST]

    def rename(self) -> None:
        self.prices[EAST]["m7i.1xlarge-renamed"] = self.prices[EAST].pop("m7i.1xlarge")

    def conflict(self) -> None:
        """Two prices for one key: neither is taken."""
        self.price(EAST, "p4d.24xlarge USD", "23")
        self.held = {EAST: {"p4d.24xlarge", "p4d.24xlarge USD"}}

    def no_conflict(self) -> None:
        del self.prices[EAST]["p4d.24xlarge USD"]

    def sells_nothing(self) -> None:
        self.kept[WEST] = self.prices[WEST]
        self.prices[WEST] = {}

    def sells_again(self) -> None:
        self.prices[WEST] = self.kept[WEST]

    def offline(self) -> None:
        self.failed = set(self.asked)


# What is new on a night, by its number; on the others everything is as the night before.
SCRIPT: dict[int, Callable[[Walk], object]] = {
    2: Walk.first_live,
    4: lambda w: w.price(EAST, "p4d.24xlarge", "23.05"),
    6: lambda w: w.price(EAST, "g6.xlarge", "0.85"),
    8: lambda w: w.prices[EAST].pop("g6.xlarge"),
    9: lambda w: w.price(EAST, "g6.xlarge", "0.9"),
    10: Walk.jump,
    11: Walk.jump,
    12: lambda w: w.price(AZURE, "ND96isr_H100_v5", "98.32"),
    14: Walk.half_a_file,
    15: Walk.whole_file,
    16: lambda w: w.asked.discard(WEST),
    18: lambda w: (w.asked.add(WEST), w.price(WEST, "p4d.24xlarge", "22.5")),
    20: Walk.rename,
    21: lambda w: w.price(EAST, "p5.48xlarge CNY", "391.9"),
    22: lambda w: w.failed.add(AZURE),
    23: lambda w: w.same.add(EAST),
    24: Walk.conflict,
    25: Walk.no_conflict,
    26: Walk.sells_nothing,
    27: Walk.offline,
    28: Walk.sells_again,
    30: Walk.offline,
}
KILLED_IN_THE_MIDDLE = (4, 18, 28)
SECOND_ANSWER_OF_THE_DAY = {6: ("g6.xlarge", "0.9")}


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    return Walk(House.at(tmp_path_factory.mktemp("walk")))


@pytest.mark.night
@pytest.mark.parametrize("number", range(1, NIGHTS + 1))
def test_every_version_is_the_expected_one_after_night(walk: Walk, number: int) -> None:
    day = FIRST + timedelta(days=number - 1)
    SCRIPT.get(number, lambda _: None)(walk)
    if number in SECOND_ANSWER_OF_THE_DAY:
        first = Walk(walk.house, Model(), walk.asked, walk.prices)
        first.night(day)  # recorded, then overtaken by the second answer of the same day
        walk.price(EAST, *SECOND_ANSWER_OF_THE_DAY[number])
    walk.night(day, killed=number in KILLED_IN_THE_MIDDLE)
    assert walk.house.rows(VERSIONS) == walk.model.rows()
    assert set(walk.house.rows(AGES)) == walk.model.ages()


@pytest.mark.night
def test_repeating_a_night_and_replaying_two_change_no_row(walk: Walk) -> None:
    everything = "select * from history.hist_instance_price order by all"
    partitions = "select * exclude (duration_s) from history.hist_partition order by all"
    before = walk.house.rows(everything), walk.house.rows(partitions)
    last = FIRST + timedelta(days=NIGHTS - 1)
    for days_back in (0, 2, 1, 0):
        walk.house.night(last - timedelta(days=days_back))
    assert (walk.house.rows(everything), walk.house.rows(partitions)) == before


@pytest.mark.night
def test_the_walk_saw_what_it_was_made_for(walk: Walk) -> None:
    p4d = walk.model.versions["us-east-1", "p4d.24xlarge", "USD"]
    assert [(str(price), start.day, end and end.day) for price, _, start, end in p4d] == [
        ("21.957642", 1, 2),
        ("21.957642", 2, 4),
        ("23.05", 4, None),
    ]
    ages = {sku: as_of.day for _, sku, _, as_of in walk.house.rows(AGES)}
    assert ages["ND96isr_H100_v5"] == 29
    assert walk.model.versions["us-west-2", "p4d.24xlarge", "USD"][-1][2:] == (date(2026, 9, 28), None)
