"""The rows of the page's charts, apart from their specifications, so that one specification serves all services."""

from __future__ import annotations

from flows.dashboard_data import CLASSES, NightView, Row
from flows.figures import readable

# in the order of the series colours in dashboard.css
KIND_NAMES = {
    "on_demand": "rent on demand",
    "owned": "own hardware",
    "api": "API",
    "committed": "rent committed",
    "mix": "rent mixed",
    "spot": "rent spot",
    "colocated": "own, colocated",
}
HUES = 6  # lines of accelerators that one chart tells apart


def data_of(night: NightView) -> dict[str, list[Row]]:
    """Rows of every chart by the name of its element, ``<chart>-<scenario>`` or ``<chart>``; none is empty.

    A line needs two nights: through the first one none is drawn.
    """
    data = {name: night.market[name] for name in ("index", "tariffs")}
    data["history"] = _of_some_days(_most_priced(night.market["history"]))
    for scenario in night.scenarios:
        data |= {
            f"options-{scenario.name}": _labelled(scenario.options),
            f"substitutes-{scenario.name}": _labelled(scenario.substitutes),
            f"stack-{scenario.name}": _stacked(scenario.kinds),
            f"costs-{scenario.name}": _of_some_days([row | {"kind": kind_name(row)} for row in scenario.costs]),
            f"zones-{scenario.name}": scenario.zones,
            f"scale-{scenario.name}": [
                row | {"kind": kind_name(row), "traffic": scenario.requests_per_day or None} for row in scenario.scale
            ],
            f"sensitivity-{scenario.name}": [row | {"label": _ranged(row)} for row in scenario.sensitivity],
        }
    return {name: rows for name, rows in data.items() if rows}


def _most_priced(rows: list[Row]) -> list[Row]:
    """Rows of the accelerators with most prices: as many as there are hues."""
    counts = {row["accelerator"]: row["price_count"] for row in rows}
    shown = sorted(counts, key=lambda name: (-counts[name], name))[:HUES]
    return [row for row in rows if row["accelerator"] in shown]


def _of_some_days(rows: list[Row]) -> list[Row]:
    return rows if len({row["day"] for row in rows}) > 1 else []


def _stacked(rows: list[Row]) -> list[Row]:
    return [row | {"kind": kind_name(row), "place": CLASSES.index(row["cost_class"])} for row in rows]


def kind_name(row: Row) -> str:
    """Words for an option_kind; one that is new to the page stands as it is."""
    kind: str = row["option_kind"]
    return KIND_NAMES.get(kind, kind)


def _ranged(row: Row) -> str:
    """``hardware_life_years`` -> ``hardware life years, 3 to 7``, where the range is an assumption's."""
    name = row["figure"].replace("_", " ")
    return name if row["low"] is None else f"{name}, {readable(row['low'])} to {readable(row['high'])}"


def _labelled(rows: list[Row]) -> list[Row]:
    return [row | {"label": label(row["option_id"]), "kind": _kind(row["option_id"])} for row in rows]


def _kind(option_id: str) -> str:
    return {"api": "API", "onprem": "own hardware"}.get(option_id.split("/", 1)[0], "rent")


def label(option_id: str) -> str:
    """``azure/eastus/Standard_X/on_demand`` -> ``X, on demand azure eastus``; APIs without ``global``.

    All sizes of Azure begin with ``Standard_``.
    """
    provider, region, *sku, purchase = option_id.split("/")
    if provider == "api":
        return f"{sku[-1]}, {sku[0] if region == 'global' else region}"
    return f"{'/'.join(sku).removeprefix('Standard_')}, {purchase.replace('_', ' ')} {provider} {region}"
