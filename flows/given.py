"""What a person gave in ``costwatt.toml``, as tables of schema ``landing``: it wins over the reference tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa

from flows.config_tables import Server
from flows.settings import Settings

ALL = "all"
TEXT, NUMBER, DAY = pa.string(), pa.float64(), pa.date32()
COLUMNS: dict[str, dict[str, pa.DataType]] = {
    "given_scenario": {"scenario": TEXT, "attribute": TEXT, "value": TEXT},
    "given_demand_profile": {"profile": TEXT, "hour": pa.int32(), "share_of_day": NUMBER},
    "given_assumption": {"assumption": TEXT, "value": NUMBER, "low": NUMBER, "high": NUMBER},
    "given_discount": {
        "product": TEXT,
        "provider": TEXT,
        "purchase_option": TEXT,
        "sku": TEXT,
        "discount_ratio": NUMBER,
        "valid_from": DAY,
        "valid_until": DAY,
    },
    "given_server": {"server": TEXT, "name": TEXT, "vendor": TEXT, "accelerator": TEXT, "accelerators": NUMBER},
    "given_server_fact": {
        "server": TEXT,
        "attribute": TEXT,
        "value": NUMBER,
        "low": NUMBER,
        "high": NUMBER,
        "unit": TEXT,
        "as_of": TEXT,
    },
    "given_onprem_zone": {"tariff_zone": TEXT},
    "given_site": {"tariff_zone": TEXT, "source": TEXT},
    "given_measured": {
        "model": TEXT,
        "accelerator": TEXT,
        "precision": TEXT,
        "accelerators": NUMBER,
        "input_tokens": NUMBER,
        "output_tokens": NUMBER,
        "output_tok_s": NUMBER,
        "itl_ms": NUMBER,
        "group_w": NUMBER,
    },
}
SERVER_UNITS = {
    "price_usd": "usd",
    "max_power_w": "W",
    "idle_power_w": "W",
    "scale_out_gbit_s": "Gbit/s",
    "memory_gib": "GiB",
}


def load_given(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the user's scenarios, profiles, assumptions, prices, sites and measurements into ``landing.given_*``."""
    for name, rows in _rows(settings).items():
        con.register("given", pa.Table.from_pylist(rows, schema=pa.schema(list(COLUMNS[name].items()))))
        con.execute(f"create or replace table landing.{name} as select * from given")
        con.unregister("given")


def _rows(settings: Settings) -> dict[str, list[dict[str, Any]]]:
    return {
        "given_scenario": [
            {"scenario": name, "attribute": attribute, "value": _text(value)}
            for name, scenario in settings.scenarios.items()
            for attribute, value in (
                scenario.model_dump() | {"peak_to_average_ratio": settings.peak_to_average_ratio(scenario)}
            ).items()
            if value is not None
        ],
        "given_demand_profile": [
            {"profile": name, "hour": hour, "share_of_day": share}
            for name, profile in settings.demand_profiles.items()
            for hour, share in enumerate(profile.shares_of_day)
        ],
        "given_assumption": [
            {"assumption": name, "value": r.value, "low": or_value(r.low, r.value), "high": or_value(r.high, r.value)}
            for name, r in settings.assumptions.items()
        ],
        "given_discount": [d.model_dump() for d in settings.discount],
        "given_server": [
            {
                "server": name,
                "name": given.name or name,
                "vendor": given.vendor,
                "accelerator": given.accelerator,
                "accelerators": given.accelerators,
            }
            for name, given in settings.servers.items()
            if given.accelerator
        ],
        "given_server_fact": [
            {"server": name, **figure, "as_of": given.quoted_on.isoformat()}
            for name, given in settings.servers.items()
            for figure in _figures(given)
        ],
        "given_onprem_zone": [{"tariff_zone": zone} for zone in settings.onprem_zones if zone != ALL],
        "given_site": [
            {"tariff_zone": site["tariff_zone"], "source": "openei_tariffs" if "urdb" in site else "site_tariffs"}
            for site in settings.site
        ],
        "given_measured": [m.model_dump() for m in settings.measured],
    }


def _figures(given: Server) -> Iterator[dict[str, Any]]:
    """Price and figures of a server, as in server_fact.csv; but for the price they have no interval."""
    for attribute, unit in SERVER_UNITS.items():
        value = getattr(given, attribute)
        low, high = (given.price_usd_low, given.price_usd_high) if attribute == "price_usd" else (None, None)
        if value is not None:
            low, high = or_value(low, value), or_value(high, value)
            yield {"attribute": attribute, "value": value, "low": low, "high": high, "unit": unit}


def or_value(given: float | None, value: float) -> float:
    """An end of an interval; where none is given, the value itself."""
    return value if given is None else given


def _text(value: object) -> str:
    if isinstance(value, list):
        return ";".join(str(v) for v in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
