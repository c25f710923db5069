"""Azure virtual machine prices: pay-as-you-go, spot list, reservations and savings plans.

By default the accelerated sizes of the whole world are read in one walk of about a dozen pages and
shared out by region; a region whose share looks short is asked alone, where its list fits on one
page that cannot move. With scope ``all`` every region and price type is a list of its own.
"""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from pathlib import Path

from connectors.ask import Ask, connector
from connectors.azure_meters import KINDS, RESERVED, PriceList
from connectors.azure_retail import URL, Filter, Item, Retail, Walk, contains, equals, lacks
from connectors.azure_settle import UNPAIRED, partitions, read_prices
from connectors.drift import told
from connectors.errors import SchemaDrift, SourceUnavailable
from connectors.records import InstancePrice, Partition

MACHINES = equals("serviceName", "Virtual Machines")
CONSUMPTION, RESERVATION = equals("priceType", "Consumption"), equals("priceType", "Reservation")
ACCELERATED = MACHINES & contains("armSkuName", "Standard_N") & (CONSUMPTION | RESERVATION)
# Spares half of the rows; the client's own rules still run, for "Srs Win" passes this filter.
LINUX = MACHINES & CONSUMPTION & lacks("productName", "Windows") & lacks("meterName", "Low Priority")
# Sizes that nearly every region sells: they name the regions.
COMMON_SIZES = ("Standard_D2s_v3", "Standard_D2s_v5", "Standard_D2as_v5", "Standard_D2ads_v5", "Standard_D2s_v6")
COMMON = MACHINES & CONSUMPTION & reduce(or_, [equals("armSkuName", size) for size in COMMON_SIZES])
RESERVATIONS = ".reservations"  # the second part of a region in scope `all`


def regions(ask: Ask) -> Sequence[str]:
    """Parts of tonight: the regions asked for, or all that have a price.

    Raises:
        SourceUnavailable: no list of regions can be had.
        SchemaDrift: it names none.
    """
    known = {region for region, _ in ask.known}
    named = _named_by_common_sizes if ask.scope == "all" else _shared_out
    names = ask.regions or sorted(named(ask) | known)
    if not names:
        raise SchemaDrift(f"{ask.url}: no row of the list names a region")
    if ask.scope != "all":
        return names
    first = ask.day.toordinal() % len(names)  # where the budget ends early, it is not always for the same regions
    return [part for name in (*names[first:], *names[:first]) for part in (name, name + RESERVATIONS)]


@connector(
    "azure_prices",
    record=InstancePrice,
    setting="AZURE_RETAIL_URL",
    url=URL,
    licence="Microsoft, public list prices (Azure Retail Prices API)",
    plan=regions,
)
def azure_prices(ask: Ask, region: str) -> Iterator[Partition]:
    """Partitions of one region: on_demand, spot, reserved, savings; all of them or an exception."""
    part = _Part(ask, region)
    walk = part.share()
    if walk is None or part.doubtful(walk):
        walk = Retail.of(ask).settled(part.filter, region, part.doubtful)
    if not walk.items and part.known:
        raise SourceUnavailable(f"{ask.url}: {region}: no rows, where the last night had some; last prices stay")
    yield from partitions(ask, part.list, part.kinds, read_prices(walk.rows(), part.list))


class _Part:
    """One list of prices: a region, or one price type of a region in scope ``all``."""

    def __init__(self, ask: Ask, name: str) -> None:
        self.ask = ask
        region = name.removesuffix(RESERVATIONS)
        self.list = PriceList(region, ask.day, ask.skus.get("azure", frozenset()))
        self.kinds: Sequence[str] = KINDS
        self.filter: Filter = ACCELERATED
        if ask.scope == "all":
            of_term = name.endswith(RESERVATIONS)
            self.list = PriceList(region, ask.day, paired=not of_term)
            self.kinds = [kind for kind in KINDS if (kind == RESERVED) == of_term]
            self.filter = MACHINES & RESERVATION if of_term else LINUX
        self.filter &= equals("armRegionName", region)
        self.known = [ask.known[region, kind] for kind in self.kinds if (region, kind) in ask.known]
        keys = frozenset[str]().union(*(k.keys for k in self.known))
        sizes = self.list.sizes
        self.keys_before = frozenset(k for k in keys if not sizes or k.partition("/")[0] in sizes)

    def share(self) -> Walk | None:
        """This region's rows of the walk over the world, if there was one."""
        path = _world(self.ask) / f"{self.list.region}.json"
        if self.ask.scope == "all" or not path.exists():
            return None
        walk = Walk(pages=1)
        for item in json.loads(path.read_text()):
            walk.add(item)
        return walk

    def doubtful(self, walk: Walk) -> bool:
        """Whether rows may be missing: keys of last night, a discount's full price, or a list that moved."""
        found = read_prices(walk.rows(), self.list)
        keys = {f"{row.sku}/{row.purchase_option}" for rows in found.rows.values() for row in rows}
        unpaired = any(r.reason == UNPAIRED for rejected in found.rejected.values() for r in rejected)
        moved = walk.pages > 1 and (walk.overlaps > 0 or not self.keys_before)
        return moved or unpaired or not keys >= self.keys_before


def _shared_out(ask: Ask) -> set[str]:
    """Walk the world's accelerated sizes and leave each region's rows as a file; return the regions.

    Where a page of the world never comes, or a row does not tell whose it is, no file is left and each region is
    asked alone.
    """
    folder, retail = _world(ask), Retail.of(ask)
    shutil.rmtree(folder, ignore_errors=True)
    # With last night's keys each region is checked by itself; without them only a second walk can tell.
    keys_known = any(known.keys for known in ask.known.values())
    try:
        world = retail.settled(ACCELERATED, "world", lambda _: not keys_known)
    except (SourceUnavailable, SchemaDrift):
        if not retail.limiter.answered:
            raise
        return _named_by_common_sizes(ask)
    shares = _by_region(world.rows())
    if not all(isinstance(item.get("armRegionName"), str) for item in world.rows()):
        return set(shares)
    folder.mkdir(parents=True)
    for name, items in shares.items():
        (folder / f"{name}.json").write_text(json.dumps(items, default=str))
    return set(shares)


def _named_by_common_sizes(ask: Ask) -> set[str]:
    return set(_by_region(Retail.of(ask).walk(COMMON, "regions").rows()))


def _world(ask: Ask) -> Path:
    return ask.folder / "world"


def _by_region(items: Iterable[Item]) -> dict[str, list[Item]]:
    shares: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        shares[told(item, "armRegionName").strip().lower()].append(item)
    shares.pop("", None)  # a row of no region prices nothing
    odd = [name for name in shares if not re.fullmatch(r"[a-z0-9]{1,64}", name)]
    if odd:
        raise SchemaDrift(f"azure: expected a region's name in armRegionName, got {odd[0][:40]!r}")
    return shares
