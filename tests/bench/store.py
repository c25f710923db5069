"""Storing 100,000 prices with their history, beside sparecores-crawler's insert into SQLite."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.measure import Limit, Raw, Table, in_turn, module, ratios, run, spreads
from tests.bench.places import HERE, home, peers_python

TITLE = "Storing prices with history"
ROWS = 100_000
OURS, SPARECORES = "costwatt", "sparecores-crawler"


def measure(runs: int) -> Raw:
    """Both in turn, each into a new database in a process of its own."""
    log = home() / "store.log"

    def ours() -> Raw:
        with tempfile.TemporaryDirectory(dir=home()) as folder:
            return module("tests.bench.store_ours", folder, ROWS, log=log)

    def theirs() -> Raw:
        with tempfile.TemporaryDirectory(dir=home()) as folder:
            script = HERE / "peers" / "sparecores_store.py"
            return run([peers_python(), script, Path(folder) / "prices.sqlite", ROWS], log).answer()

    found = in_turn({OURS: ours, SPARECORES: theirs}, runs)
    for result in (r for results in found.values() for r in results):
        result["rows_per_s"] = ROWS / result["seconds"]
    return {
        "rows": ROWS,
        "stores": {name: spreads(results) for name, results in found.items()},
        "sparecores_over_ours": ratios(found[OURS], found[SPARECORES]),
    }


def limits(raw: Raw) -> Iterator[Limit]:
    """A hundred times the rate of sparecores-crawler."""
    ratio = raw["sparecores_over_ours"]["median"]
    yield Limit("our rate of storing prices over sparecores-crawler's", ratio, 100, "x", at_most=False)


def tables(raw: Raw) -> Iterator[Table]:
    """What the page shows."""
    ours, theirs = raw["stores"][OURS], raw["stores"][SPARECORES]
    yield Table(
        f"{raw['rows']:,} prices into a new database. Ours is the night's own path: Parquet in landing, load and gate,"
        " then the models of dbt that keep the history; dbt's own start, paid once a night, stands apart."
        " Theirs is `insert_items` into the SQLite table with history.",
        ["store", "s", "rows/s", "peak MB", "over ours"],
        [
            [OURS, ours["seconds"], ours["rows_per_s"], ours["peak_mb"], None],
            [SPARECORES, theirs["seconds"], theirs["rows_per_s"], theirs["peak_mb"], raw["sparecores_over_ours"]],
        ],
    )
    yield Table(
        "Where our seconds go.",
        ["landing", "load and gate", "dbt's models", "dbt as a whole, its start included"],
        [[ours["land_s"], ours["load_s"], ours["models_s"], ours["dbt_s"]]],
    )
