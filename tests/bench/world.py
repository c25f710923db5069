"""The world at production size on one loopback port: what a night with every region asks.

python -m tests.bench.world --port 8123 [--night N] [--plain-types N]    prints the settings that point costwatt at it

34 AWS regions with files of 150-360 MB, 61 Azure regions with 140,000 Linux rows, and every other fake of
tests/fakes as it is. Types, sizes and regions are those of the reference tables; which region sells what,
and all prices, are made up, the same each time. Each night after the first republishes every AWS file, with
3 % of its prices changed; the night's number is kept by the caller, who starts this anew for each.
"""

from __future__ import annotations

import argparse
import csv
import functools
import hashlib
import itertools
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from flows.dbt import seed
from tests.bench.ec2_offer import aws_types, gpus, lines, products
from tests.fakes import __main__ as fakes
from tests.fakes import aws_price_list, aws_web, aws_world, azure_retail
from tests.fakes.aws_ec2_csv import csv_text, region_rows
from tests.fakes.aws_world import Kind, Place, World
from tests.fakes.azure_service_rows import service_rows
from tests.fakes.azure_world import Row
from tests.fakes.server import NOT_FOUND, Fake, Reply, Server

AWS_REGIONS, AZURE_REGIONS = 34, 61
PLAIN_TYPES = 600  # of the largest region; the others sell 40-100 % of them
MOVED = 0.03  # of all prices from night to night, so that one cost row in a hundred changes: not all are priced
AZURE_PLAIN_SIZES = 1120  # pay-as-you-go and spot rows of each, in every region: 140,000 rows
NO_ACCOUNT = {"AWS_ENDPOINT_URL_EC2", "AWS_ENDPOINT_URL_PRICING", "AWS_ENDPOINT_URL_SAVINGSPLANS"}
EVERYTHING = ("us-east-1", "us-west-2", "eastus", "westeurope")  # regions that sell all


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on `parts` alone."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:6]) / 2**48


def sold(region: str, family: str) -> bool:
    """Whether a region sells a family: four in ten."""
    return region in EVERYTHING or chance(region, family) < 0.4


def price(region: str, sku: str, base: float, night: int) -> float:
    """USD per hour: up to 30 % dearer by region; 3 % of the pairs move by 2 % each night."""
    moved = sum(chance(region, sku, n) < MOVED for n in range(2, night + 1))
    return base * (1 + 0.3 * chance(region)) * 1.02**moved


@dataclass(frozen=True)
class Size:
    """An instance type with accelerators, of the reference table."""

    sku: str
    family: str
    vcpu: int
    memory_gib: float
    accelerators: int

    @property
    def usd_per_hour(self) -> float:
        return self.vcpu * 0.031 + self.memory_gib * 0.0036 + self.accelerators * 2.6


def sizes(provider: str) -> list[Size]:
    """Accelerated types of one provider."""
    with seed("node_type").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["provider"] == provider]
    return [
        Size(
            r["sku"], r["family_name"], int(r["vcpu"] or 16), float(r["memory_gib"] or 64), int(r["accelerators"] or 1)
        )
        for r in rows
    ]


def regions(provider: str, count: int) -> list[str]:
    """The first regions of the reference table that are no state's own."""
    with seed("region").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["provider"] == provider]
    codes = [r["region"] for r in rows if not re.search(r"gov|^cn-|^china", r["region"])]
    return codes[:count]


def aws(night: int) -> World:
    """AWS of one night; its regions and types become those that the fakes describe."""
    codes = regions("aws", AWS_REGIONS)
    for code in [code for code in aws_world.PLACES if not code.startswith("cn-")]:
        del aws_world.PLACES[code]
    aws_world.PLACES.update({code: Place(f"Place of {code}", f"{code.replace('-', '').upper()}-") for code in codes})
    aws_world.TYPES.update(
        {
            s.sku: Kind(s.vcpu, f"{s.memory_gib:g} GiB", "GPU instance", s.accelerators, s.sku.startswith("p"))
            for s in sizes("aws")
        }
    )
    on_demand = {
        code: {s.sku: f"{price(code, s.sku, s.usd_per_hour, night):.10f}" for s in sizes("aws") if sold(code, s.family)}
        for code in codes
    }
    return World(f"202611{night:02d}060000", f"202611{night:02d}050000", on_demand)


class PriceList(aws_price_list.PriceList):
    """The regional files: the accelerated types, then so many plain ones; 0: as many as the region sells."""

    def __init__(self, world: World, plain_types: int) -> None:
        super().__init__(world, "aws")
        self.plain_types = plain_types

    def ec2_csv(self, region: str) -> Reply:
        if region not in self.world.on_demand:
            return NOT_FOUND
        head = csv_text(region_rows(self.world, region), self.world.version, self.world.published_at).encode()
        share = 1.0 if region in EVERYTHING else 0.4 + 0.6 * chance(region)
        kinds = plain_types()[: self.plain_types or int(PLAIN_TYPES * share)]
        named = f'"{region}"'.encode()
        body = b"".join([head, *(named.join(pieces) for pieces in kinds)])
        return Reply(body, content_type="text/csv", etag=f'"{region}-{self.world.version}"')


@functools.cache
def plain_types() -> list[list[bytes]]:
    """All rows of each type without an accelerator, cut where the region's name belongs."""
    serial = itertools.count()
    kinds = [k for k in aws_types() if not gpus(k) and not k["InstanceType"].startswith(("inf", "trn", "dl"))]
    return [
        "".join(line for product in products(kind, "REGION", serial) for line in lines(product))
        .encode()
        .split(b'"REGION"')
        for kind in kinds[:PLAIN_TYPES]
    ]


@dataclass
class Retail(azure_retail.Retail):
    """The Azure list; rows are looked up by region where a filter names one."""

    by_region: dict[str, list[Row]] = field(default_factory=dict)

    def _listed(self, asked: str) -> list[Row]:
        if asked not in self._lists:
            named = re.search(r"armRegionName eq '(\w+)'", asked)
            self._lists[asked] = azure_retail.select(self.by_region[named[1]] if named else self.rows, asked)
        return self._lists[asked]


def azure(night: int) -> Retail:
    """Azure of one night."""
    by_region = {code: list(azure_rows(code, night)) for code in regions("azure", AZURE_REGIONS)}
    for row in service_rows():
        by_region.setdefault(row.region, []).append(row)
    return Retail([row for rows in by_region.values() for row in rows], by_region=by_region)


def azure_rows(region: str, night: int) -> Iterator[Row]:
    """What one region sells: accelerated sizes on every option, plain ones on demand and as spot."""
    for size in sizes("azure"):
        if sold(region, size.family):
            yield from _accelerated(region, size, round(price(region, size.sku, size.usd_per_hour, night), 4))
    for number in range(AZURE_PLAIN_SIZES):
        sku, series = f"Standard_D{2 + number}s_v5", f"Virtual Machines DSv5 Series {number % 40}"
        usd = round(0.05 * (1 + number % 96), 4)
        yield Row(region, sku, series, sku[9:], usd)
        yield Row(region, sku, series, f"{sku[9:]} Spot", round(usd / 5, 4))


def _accelerated(region: str, size: Size, usd: float) -> Iterator[Row]:
    series, name = f"Virtual Machines {size.family} Series", size.sku.removeprefix("Standard_").replace("_", " ")
    savings = (("3 Years", round(usd * 0.5, 4)), ("1 Year", round(usd * 0.7, 4)))
    yield Row(region, size.sku, series, name, usd, savings=savings)
    yield Row(region, size.sku, series, f"{name} Spot", round(usd * 0.3, 4))
    yield Row(region, size.sku, series, f"{name} Low Priority", round(usd * 0.2, 4))
    yield Row(region, size.sku, f"{series} Windows", name, round(usd * 1.2, 4))
    for term, ratio, hours in (("1 Year", 0.65, 8760), ("3 Years", 0.45, 26280)):
        yield Row(region, size.sku, series, name, round(usd * ratio * hours), type="Reservation", term=term)


def world(night: int, plain: int = 0) -> list[Fake]:
    """Every fake source, those of AWS and Azure at production size, or AWS's files with so many plain types each."""
    amazon, small = aws(night), {f.name: f for f in fakes.all_fakes() if not NO_ACCOUNT & set(f.settings)}
    big = (
        Fake("aws-price-list", PriceList(amazon, plain), small["aws-price-list"].settings),
        aws_web.fake(amazon),
        Fake("azure-retail", azure(night).answer, small["azure-retail"].settings),
    )
    return list((small | {f.name: f for f in big}).values())


def main() -> None:
    """Serve one night until stopped."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.world")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--night", type=int, default=1)
    parser.add_argument("--plain-types", type=int, default=0)
    given = parser.parse_args()
    plain_types()
    server = Server(world(given.night, given.plain_types), given.port)
    for key, value in server.settings().items():
        sys.stdout.write(f"{key}={value}\n")
    sys.stdout.write("\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
