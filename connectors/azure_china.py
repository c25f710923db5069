"""Azure in China (21Vianet): the price sheet in yuan, a CSV file that the public price API does not cover."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from connectors.address import check_address, host_of, is_loopback
from connectors.ask import Ask, connector
from connectors.azure_meters import KINDS, ON_DEMAND, PriceList
from connectors.azure_retail import Item, Walk
from connectors.azure_settle import partitions, read_prices
from connectors.drift import Rows
from connectors.errors import SchemaDrift, UnsafeAddress
from connectors.records import InstancePrice, Partition

URL = "https://prices.azure.cn"
SHEET = "/api/retail/pricesheet/download?api-version=2023-06-01-preview"
CURRENCY = "CNY"
# Where the download may lie: the sheet names an address in the operator's blob storage.
OPERATOR = (".azure.cn", ".chinacloudapi.cn")
NEEDED = {"currencyCode", "retailPrice", "armRegionName", "armSkuName", "serviceName", "productName", "type", "term"}


@connector(
    "azure_china",
    record=InstancePrice,
    setting="AZURE_CHINA_URL",
    url=URL,
    licence="21Vianet, public list prices (azure.cn price sheet)",
)
def azure_china(ask: Ask, region: str) -> Iterator[Partition]:
    """Partitions of each region of the sheet: on_demand, spot, reserved, savings; and one of rows without a region.

    Raises:
        SchemaDrift: no download address, a column is missing, or no virtual machine in the sheet.
    """
    answer = ask.web.get(ask.url + SHEET).json()
    if not isinstance(answer, dict) or not answer.get("DownloadUrl"):
        raise SchemaDrift(f"{ask.url}: expected DownloadUrl, got {str(answer)[:80]}")
    path = ask.folder / "pricesheet.csv"
    ask.web.download(_of_operator(answer["DownloadUrl"], ask.url), path)
    walks: dict[str, Walk] = defaultdict(Walk)
    rows = Rows(path.name)
    for item in _machines(path):
        with rows.reading(item, item["armSkuName"] or ""):
            walks[item["armRegionName"].lower()].add(item)
    rows.check()
    if not walks:
        raise SchemaDrift(f"{ask.url}: no virtual machine in the price sheet")
    if rows.rejected:
        yield Partition.of(
            InstancePrice, (), region=region, kind=ON_DEMAND, rejected=rows.rejected, source_url=URL + SHEET
        )
    for name in sorted(walks):
        if ask.regions and name not in ask.regions:
            continue
        of = PriceList(
            name,
            ask.day,
            ask.skus.get("azure", frozenset()) if ask.scope == "accelerated" else frozenset(),
            currency=CURRENCY,
            source_url=URL + SHEET,
            source_version="2023-06-01-preview",
        )
        yield from partitions(ask, of, KINDS, read_prices(walks[name].rows(), of))


def _of_operator(url: str, base: str) -> str:
    """The download address, if it is the operator's own.

    Raises:
        UnsafeAddress: it is not.
    """
    host = (urlsplit(check_address(url)).hostname or "").lower()
    if not (f".{host}".endswith(OPERATOR) or (is_loopback(host) and is_loopback(host_of(base)[1]))):
        raise UnsafeAddress(f"{url}: the price sheet leads away from {', '.join(OPERATOR)}; not followed")
    return url


def _machines(path: Path) -> Iterator[Item]:
    """Rows of virtual machines, and those too short to tell, in the shape of the world's list.

    Raises:
        SchemaDrift: a needed column is missing.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        missing = NEEDED - set(rows.fieldnames or ())
        if missing:
            raise SchemaDrift(f"{path.name}: column {', '.join(sorted(missing))} is missing")
        for row in rows:
            if row["serviceName"] in ("Virtual Machines", None):
                yield {**row, "reservationTerm": row["term"]}
