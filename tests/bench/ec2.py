"""One regional AWS file of real size, beside what reads it elsewhere and a bare pass over its columns."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench import ec2_offer
from tests.bench.measure import Limit, Raw, Table, in_turn, module, ratios, run, spread, spreads
from tests.bench.places import HERE, home, made, peers_python

TITLE = "One regional AWS price file"
ROWS = 497_400
BARE, OURS, OURS_ALL = "DuckDB, bare pass", "costwatt, accelerated types", "costwatt, all types"
GPUHUNT, PANDAS = "gpuhunt", "pandas, as SkyPilot"
SPARECORES, SPARECORES_ALL = "sparecores-crawler, what AWS filters for it", "sparecores-crawler, every product"
PEERS = (GPUHUNT, PANDAS, SPARECORES, SPARECORES_ALL)
HOW = {
    BARE: "`select count(*), max(each needed column)`: the limit",
    OURS: "read, type, fold, judge, write Parquet: on-demand and twelve terms of each type",
    OURS_ALL: "the same with `COSTWATT_SCOPE=all`",
    GPUHUNT: "its own `AWSProvider.get`, without the two calls that need credentials; on-demand prices",
    PANDAS: "`read_csv` of the whole file and the filters of SkyPilot's fetcher, replayed; on-demand prices",
    SPARECORES: "its own `_boto_get_products` on one product in a hundred, as JSON: AWS's paged API filters for it",
    SPARECORES_ALL: "the same on all products of the file as JSON",
}
FILTERS = {
    "Operating System": "Linux",
    "Pre Installed S/W": "NA",
    "License Model": "No License required",
    "CapacityStatus": "Used",
    "MarketOption": "OnDemand",
    "Tenancy": "Shared",
}


def measure(runs: int) -> Raw:
    """All readers in turn, each in a process of its own; seconds without imports."""
    folder = home()
    offer = made(folder / "ec2.csv", ec2_offer.write)
    products = made(folder / "ec2.products.jsonl", lambda path: write_products(offer, path, FILTERS))
    everything = made(folder / "ec2.all.jsonl", lambda path: write_products(offer, path, {}))
    log = folder / "ec2.log"

    def ours(task: str) -> Callable[[], Raw]:
        return lambda: module("tests.bench.ec2_read", task, offer, log=log)

    def peer(script: str, file: Path) -> Callable[[], Raw]:
        return lambda: run([peers_python(), HERE / "peers" / script, file], log).answer()

    found = in_turn(
        {
            BARE: ours("bare"),
            OURS: ours("accelerated"),
            OURS_ALL: ours("all"),
            GPUHUNT: peer("gpuhunt_parse.py", offer),
            PANDAS: peer("pandas_read.py", offer),
            SPARECORES: peer("sparecores_json.py", products),
            SPARECORES_ALL: peer("sparecores_json.py", everything),
        },
        runs,
    )
    for name, results in found.items():
        for result in results:
            result["us_per_row_kept"] = 1e6 * result["seconds"] / (ROWS if name == BARE else result["rows"])
    many, one = (module("tests.bench.aws_world_read", offer, n, log=log) for n in (8, 1))
    return {
        "file_mb": offer.stat().st_size / 1e6,
        "file_rows": ROWS,
        "readers": {name: spreads(results) for name, results in found.items()},
        "ours_over_bare": spread([a["seconds"] / b["seconds"] for a, b in zip(found[OURS], found[BARE], strict=True)]),
        "others_over_ours": {name: ratios(found[OURS], found[name]) for name in PEERS},
        "others_over_ours_per_row": {name: ratios(found[OURS_ALL], found[name], "us_per_row_kept") for name in PEERS},
        "regions_8_over_1_peak": many["peak_mb"] / one["peak_mb"],
    }


def write_products(offer: Path, path: Path, filters: dict[str, str]) -> None:
    """The products that some filters admit, one JSON text a line as the Price List API gives them."""
    with offer.open() as source, path.open("w") as target:
        for _ in range(5):
            source.readline()
        reader = csv.DictReader(source)
        for sku, rows in itertools.groupby(reader, lambda row: row["SKU"]):
            listed = list(rows)
            if all(listed[0][column] == value for column, value in filters.items()):
                target.write(json.dumps(_product(sku, listed)) + "\n")


def _product(sku: str, rows: list[dict[str, str]]) -> Raw:
    names = list(rows[0])[ec2_offer.HEAD :]
    attributes = {_camel(name): rows[0][name] for name in names if rows[0][name]}
    terms: dict[str, dict[str, Raw]] = {}
    for row in rows:
        key = f"{sku}.{row['OfferTermCode']}"
        term = terms.setdefault(row["TermType"], {}).setdefault(key, _term(sku, row))
        term["priceDimensions"][row["RateCode"]] = _dimension(row)
    product = {"productFamily": rows[0]["Product Family"], "attributes": attributes, "sku": sku}
    return {"product": product, "serviceCode": "AmazonEC2", "terms": terms, "version": ec2_offer.VERSION}


def _term(sku: str, row: dict[str, str]) -> Raw:
    attributes = ("LeaseContractLength", "PurchaseOption", "OfferingClass")
    return {
        "priceDimensions": {},
        "sku": sku,
        "effectiveDate": row["EffectiveDate"],
        "offerTermCode": row["OfferTermCode"],
        "termAttributes": {name: row[name] for name in attributes if row[name]},
    }


def _dimension(row: dict[str, str]) -> Raw:
    return {
        "unit": row["Unit"],
        "description": row["PriceDescription"],
        "rateCode": row["RateCode"],
        "beginRange": row["StartingRange"],
        "endRange": row["EndingRange"],
        "appliesTo": [],
        "pricePerUnit": {row["Currency"]: row["PricePerUnit"]},
    }


def _camel(name: str) -> str:
    return name[0].lower() + name[1:].replace(" ", "")


def limits(raw: Raw) -> Iterator[Limit]:
    """Load at most 1.5 times a bare pass; twice gpuhunt's and five times pandas' speed per row kept."""
    yield Limit("our load over DuckDB's bare pass", raw["ours_over_bare"]["median"], 1.5, "x")
    per_row = raw["others_over_ours_per_row"]
    yield Limit("gpuhunt over ours, per row kept (all types)", per_row[GPUHUNT]["median"], 2, "x", at_most=False)
    yield Limit("pandas over ours, per row kept (all types)", per_row[PANDAS]["median"], 5, "x", at_most=False)


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    over, per_row = raw["others_over_ours"], raw["others_over_ours_per_row"]
    yield Table(
        f"{raw['file_rows']:,} rows, {raw['file_mb']:.0f} MB, made by `tests/bench/ec2_offer.py`. Eight such files"
        f" at once take {raw['regions_8_over_1_peak']:.2f} times the memory of one.",
        ["reader", "what it does", "s", "peak MB", "rows kept", "over ours (accelerated)", "per row, over ours (all)"],
        [
            [name, HOW[name], r["seconds"], r["peak_mb"], r["rows"]["median"], over.get(name), per_row.get(name)]
            for name, r in raw["readers"].items()
        ],
    )
