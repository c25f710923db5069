"""The rows of the page's charts, apart from their specifications, so that one specification serves all services."""

from __future__ import annotations

from flows.dashboard_data import CLASSES, NightView, Row

KIND_NAMES = {
    "api": "API",
    "owned": "own hardware",
    "colocated": "own, colocated",
    "on_demand": "rent on demand",
    "committed": "rent committed",
    "spot": "rent spot",
    "mix": "rent mixed",
}
HUES = 6  # series colours in dashboard.css; more lines would have to share one


def data_of(night: NightView) -> dict[str, list[Row]]:
    """Rows of every chart by the name of its element, ``<chart>-<scenario>`` or ``<chart>``; none is empty."""
    data = {name: night.market[name] for name in ("index", "tariffs")}
    data["history"] = _most_priced(night.market["history"])
    for scenario in night.scenarios:
        data |= {
            f"options-{scenario.name}": _labelled(scenario.options),
            f"substitutes-{scenario.name}": _labelled(scenario.substitutes),
            f"stack-{scenario.name}": _stacked(scenario.kinds),
            f"zones-{scenario.name}": scenario.zones,
            f"scale-{scenario.name}": [row | {"kind": _kind_name(row)} for row in scenario.scale],
            f"sensitivity-{scenario.name}": scenario.sensitivity,
        }
    return {name: rows for name, rows in data.items() if rows}


def _most_priced(rows: list[Row]) -> list[Row]:
    """Rows of the accelerators with most prices: as many as there are hues."""
    counts = {row["accelerator"]: row["price_count"] for row in rows}
    shown = sorted(counts, key=lambda name: (-counts[name], name))[:HUES]
    return [row for row in rows if row["accelerator"] in shown]


def _stacked(rows: list[Row]) -> list[Row]:
    return [row | {"kind": _kind_name(row), "place": CLASSES.index(row["cost_class"])} for row in rows]


def _kind_name(row: Row) -> str:
    """Words for an option_kind; one that is new to the page stands as it is."""
    kind: str = row["option_kind"]
    return KIND_NAMES.get(kind, kind)


def _labelled(rows: list[Row]) -> list[Row]:
    return [row | {"label": _label(row["option_id"]), "kind": _kind(row["option_id"])} for row in rows]


def _kind(option_id: str) -> str:
    return {"api": "API", "onprem": "own hardware"}.get(option_id.split("/", 1)[0], "rent")


def _label(option_id: str) -> str:
    """``azure/eastus/Standard_X/on_demand`` -> ``Standard_X on_demand, azure eastus``; APIs without ``global``."""
    provider, region, *sku, purchase = option_id.split("/")
    if provider == "api":
        return f"{sku[-1]}, {sku[0] if region == 'global' else region}"
    return f"{'/'.join(sku)} {purchase.replace('_', ' ')}, {provider} {region}"
