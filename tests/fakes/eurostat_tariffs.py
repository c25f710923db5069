"""Eurostat's statistics API: nrg_pc_205 as a sparse JSON-stat cube.

Prices: tests/fixtures/eurostat_tariffs.csv, band IE as published on 2025-10-22 (Georgia's zero is
real). The world repeats the first half of 2025 up to the first half of 2026.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fakes.server import NOT_FOUND, Fake, Reply, Request

PATH = "/eurostat/api/dissemination/statistics/1.0/data/nrg_pc_205"
PRICES = Path(__file__).parents[1] / "fixtures" / "eurostat_tariffs.csv"
REPEATED = {"2025-S1": ("2025-S1", "2025-S2", "2026-S1")}
ONE = {"freq": "S", "siec": "E7000", "unit": "KWH", "tax": "X_VAT", "currency": "EUR"}
ORDER = ("freq", "siec", "nrg_cons", "unit", "tax", "currency", "geo", "time")

# (geo, time, band) -> (value or None, status flags)
World = Mapping[tuple[str, str, str], tuple[float | None, str]]


def fake() -> Fake:
    return Fake("eurostat", _answer, {"COSTWATT_EUROSTAT_URL": ""})


def _answer(request: Request) -> Reply:
    if request.path != PATH:
        return NOT_FOUND
    if request.first("tax") != "X_VAT" or request.first("currency") != "EUR":
        return Reply.of_json({"error": [{"status": 400, "label": "the fake holds X_VAT and EUR only"}]}, 400)
    return Reply.of_json(cube(world()))


def world() -> World:
    with PRICES.open() as file:
        return {
            (r["geo"], time, r["band"]): (float(r["eur_per_kwh"]), r["status"])
            for r in csv.DictReader(file)
            for time in REPEATED.get(r["time"], (r["time"],))
        }


def cube(prices: World, **changed: str) -> dict[str, Any]:
    """A dataset of these cells; `changed` replaces a fixed category (unit="MWH")."""
    fixed = ONE | changed
    geos, times, bands = (sorted({key[n] for key in prices}) for n in range(3))
    names = {d: [fixed[d]] for d in fixed} | {"geo": geos, "time": times, "nrg_cons": bands}
    sizes = [len(names[d]) for d in ORDER]
    value: dict[str, float] = {}
    status: dict[str, str] = {}
    for (geo, time, band), (price, flags) in prices.items():
        place = [names[d].index(c) for d, c in ({d: fixed.get(d, "") for d in ORDER} | {
            "geo": geo, "time": time, "nrg_cons": band}).items()]  # fmt: skip
        index = str(sum(p * math.prod(sizes[n + 1 :]) for n, p in enumerate(place)))
        if price is not None:
            value[index] = price
        if flags:
            status[index] = flags
    dimension = {d: {"category": {"index": {c: n for n, c in enumerate(names[d])}}} for d in ORDER}
    head = {"version": "2.0", "class": "dataset", "updated": "2026-10-22T23:00:00+0200"}
    return head | {"value": value, "status": status, "id": list(ORDER), "size": sizes, "dimension": dimension}
