"""Where each input of a cost row comes from: unit, interval, source and date."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from costmodel.attribution import PLAN, PRICES, TARIFF
from costmodel.bill import DISCOUNTS
from costmodel.columns import INPUTS, PROFILE
from flows.reference import Reference, rows_of

#: Inputs of the cost model that are facts of an entity: input -> attribute of its fact table.
SERVER_FACTS: Final = {
    "server_price_usd": "price_usd",
    "server_max_power_w": "max_power_w",
    "node_idle_power_w": "idle_power_w",
}
SITE_FACTS: Final = ("pue_ratio", "grid_gco2_per_kwh")
SERVICES: Final = {"egress_usd_per_gb": "internet_egress", "storage_usd_per_gb_month": "block_storage"}
#: Figures that the cost model derives from the traffic, by their unit.
FLEET_UNITS: Final = {
    "overflow_serving_hours": "h",
    "node_starts_per_day": "1/day",
    "busy_node_hours": "h",
    "loaded_nodes_peak": "1",
    "loaded_node_hours": "h",
}
UNITS: Final = {column.name: column.unit for column in INPUTS} | FLEET_UNITS


@dataclass(frozen=True)
class Origin:
    """Where a figure comes from; low and high are its 5th and 95th percentile, None where it is exact."""

    source: str
    as_of: str = ""
    unit: str = ""
    low: float | None = None
    high: float | None = None


def origins(reference: Reference, option: Mapping[str, Any], plan: str, band: str | None) -> dict[str, Origin]:
    """Origin of every input of one (scenario, option) row, by its name.

    Args:
        reference: reference tables beside the published night, one scenario chosen.
        option: the option's row.
        plan: what the serving plan is, in one phrase.
        band: band of yearly use that the row's electricity price is of; None: its tariff has none.
    """
    found = {name: Origin(plan, unit=UNITS.get(name, "")) for name in PLAN}
    found["accelerators_per_node"] = _node(reference, option)
    found |= dict(_scenario(reference))
    found |= {name: _price(option, UNITS[name]) for name in (*PRICES, "term_hours")}
    found |= dict(_on_demand(reference, option))
    given = Origin("costwatt.toml, [[discount]] of that night", unit="ratio")
    found |= dict.fromkeys(("discount_ratio", "on_demand_discount_ratio", *DISCOUNTS.values()), given)
    found |= dict(_services(reference, option))
    found |= dict(_tariff(reference, option, band))
    found |= dict(_facts(reference, option))
    for row in rows_of(reference.con, f"from {reference['stg_assumption']}"):
        found[row["assumption"]] = _fact(row)
    return found


def price_source(option: Mapping[str, Any]) -> list[str]:
    """The source row of an option's price, line by line."""
    exchanged = option["currency"] not in (None, "USD")
    parts = {
        "source": option["source"],
        "row": option["source_key"],
        "version": option.get("source_version"),
        "address": option.get("source_url"),
        "as of": f"{option['price_as_of']} ({option['price_origin']}, {option['quality']} price)",
        "rate": f"{option['usd_per_unit']} USD/{option['currency']}, {option['fx_source']} {option['fx_date']}"
        if exchanged
        else None,
    }
    return [f"{name:8} {value}" for name, value in parts.items() if value]


def _node(reference: Reference, option: Mapping[str, Any]) -> Origin:
    """What a node holds: of rented ones the mapping's row; own servers are in a table of their own."""
    sku, unit = option["sku"], UNITS["accelerators_per_node"]
    statement = f"from {reference['node_type']} where (provider, sku) = (?, ?)"
    for row in rows_of(reference.con, statement, [option["provider"], sku]):
        return Origin(f"node_type {sku}: {row['source']}", row["as_of"], unit)
    # who gives a server's power has defined the server; of one of the table only the price can be given
    given = "from night.server where (server, attribute, source) = (?, 'max_power_w', 'costwatt.toml')"
    for row in rows_of(reference.con, given, [sku]):
        return Origin(row["source"], row["as_of"], unit)
    return Origin(f"server {sku}", unit=unit)


def _price(option: Mapping[str, Any], unit: str) -> Origin:
    where = " ".join(str(option[c]) for c in ("source", "source_key") if option[c])
    return Origin(where, str(option["price_as_of"] or ""), unit)


def _on_demand(reference: Reference, option: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """The price above a commitment: the row of the same size on demand."""
    same = [option[c] for c in ("provider", "region", "zone", "sku")]
    statement = (
        "from night.option where (provider, region, zone, sku) is not distinct from (?, ?, ?, ?)"
        " and purchase_option = 'on_demand'"
    )
    for row in rows_of(reference.con, statement, same):
        for name in ("on_demand_usd_per_hour", "list_on_demand_usd_per_hour"):
            yield name, _price(row, UNITS[name])


def _scenario(reference: Reference) -> Iterator[tuple[str, Origin]]:
    """Traffic and targets: the reference table's source, or the user's own file."""
    (chosen,) = rows_of(reference.con, f"from {reference['stg_scenario']}")
    given = rows_of(
        reference.con,
        "select distinct scenario from landing.given_scenario where scenario = ?",
        [chosen["scenario_id"]],
    )
    facts = rows_of(reference.con, f"from {reference['scenario_fact']} where scenario = ?", [chosen["scenario_id"]])
    own = Origin("costwatt.toml")
    yield PROFILE.name, own if given else Origin(f"demand_profile {chosen['demand_profile']}", unit=PROFILE.unit)
    for row in facts:
        yield row["attribute"], own if given else _fact(row)


def _services(reference: Reference, option: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """Egress and disks: the first paid tier of those that opt_service_price takes, and how many there are."""
    for name, service in SERVICES.items():
        live = rows_of(
            reference.con,
            "from night.service_price where provider = ? and region = ? and service = ? and valid_to is null"
            " and price > 0 and (unit = 'GB' or unit = 'GB-month' and product in ('gp3', 'premium'))"
            " order by source, product, tier_start",
            [option["provider"], option["region"], service],
        )
        bundled = rows_of(
            reference.con,
            f"from {reference['baseline_service_price']} where provider = ? and service = ? order by tier_start",
            [option["provider"], service],
        )
        several = f", {len(live or bundled)} tiers" if len(live or bundled) > 1 else ""
        if live:
            first = live[0]
            source = f"{first['source']} {first['source_key']}{several}"
            yield name, Origin(source, str(first["valid_from"]), UNITS[name])
        elif bundled:
            fact = _fact(bundled[0])
            yield name, replace(fact, source=f"{fact.source}{several}")


def _tariff(reference: Reference, option: Mapping[str, Any], band: str | None) -> Iterator[tuple[str, Origin]]:
    """The zone's tariff, in the band that the site's use puts it on."""
    statement = f"from {reference['opt_tariff']} where tariff_zone = ? and kind = 'retail'"
    for row in rows_of(reference.con, statement, [option["tariff_zone"]]):
        by_band = {one["tariff_band"]: one for one in json.loads(row["usd_per_kwh_by_band"] or "[]")}
        price = by_band.get(band, row)
        period = f"{row['tariff_zone']} {band or row['band'] or ''} of {row['price_period']}, {row['tax_basis']}"
        source = f"{row['source']} {period}, {row['confidence']} confidence"
        for name in TARIFF:
            unit = UNITS[name]
            low, high = (price["usd_per_kwh_low"], price["usd_per_kwh_high"]) if name == "usd_per_kwh" else (None, None)
            yield name, Origin(source, str(row["observed_date"]), unit, _number(low), _number(high))


def _facts(reference: Reference, option: Mapping[str, Any]) -> Iterator[tuple[str, Origin]]:
    """Servers and sites: rows of the fact tables."""
    cloud = option["deployment"] == "cloud"
    site = (
        (reference["region_fact"], "provider = ? and region = ?", [option["provider"], option["region"]])
        if cloud
        else (reference["tariff_zone_fact"], "tariff_zone = ?", [option["tariff_zone"]])
    )
    places = [(*site, {name: name for name in SITE_FACTS})]
    if not cloud:
        yield "node_idle_power_w", Origin("estimated from the server's parts", unit=UNITS["node_idle_power_w"])
        # as that night had it: costwatt.toml may have another quote since, or no such server
        places.append(("night.server", "server = ?", [option["sku"]], SERVER_FACTS))
    for table, where, key, names in places:
        rows = {r["attribute"]: r for r in rows_of(reference.con, f"from {table} where {where}", key)}
        for name, attribute in names.items():
            if attribute in rows:
                yield name, _fact(rows[attribute])


def _fact(row: Mapping[str, Any]) -> Origin:
    """Origin of a row of a fact table."""
    exact = row["low"] == row["high"]
    low, high = (None, None) if exact else (_number(row["low"]), _number(row["high"]))
    return Origin(row["source"], str(row["as_of"] or ""), row["unit"], low, high)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
