"""Rows for the tests of money: the worked case of a Llama-3.1-70B dialogue, and the seed assumptions."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from costmodel.uncertainty import Assumption

SEEDS = Path(__file__).parents[2] / "sql" / "seeds"

FLAT = np.full(24, 1 / 24)
# One smooth peak in the afternoon.
DAY = FLAT * (1 + 0.6 * np.cos((np.arange(24) - 14) / 24 * 2 * np.pi))

# 10 M requests a day of the Azure 2023 conversation trace's mean length, peak over average 1.6, headroom .8, N+1.
DIALOGUE = {
    "requests_per_day": 10e6,
    "input_tokens": 1154.7,
    "output_tokens": 211.1,
    "cache_hit_ratio": 0.0,
    "peak_to_average_ratio": 1.6,
    "min_replicas": 2.0,
    "spare_nodes": 1.0,
    "target_utilisation_ratio": 0.8,
    "weights_gb": 141.0,
    "accelerators_per_node": 8.0,
    "node_idle_power_w": 2000.0,
    "node_load_power_w": 7140.0,
    "is_spot": 0.0,
    "upfront_usd": 0.0,
    "term_hours": 0.0,
    "demand_usd_per_kw_month": 0.0,
    "throughput_ratio_low": 1.0,
    "throughput_ratio_high": 1.0,
}
# H100: bf16 on groups of 4 at 305 tok/s per GPU keeps 80 GPUs busy; fp8 on pairs keeps 39 busy.
BF16 = {"replica_seconds_per_request": 80 * 86400 / 10e6 / 4, "replicas_per_node": 2.0, "nodes_per_replica": 1.0}
FP8 = {"replica_seconds_per_request": 39 * 86400 / 10e6 / 2, "replicas_per_node": 4.0, "nodes_per_replica": 1.0}

# us-east-1: egress beyond the first 10 TB tier .09 USD/GB, gp3 .08 USD/GB-month (AWS price list, 2026-08).
CLOUD = {
    "deployment": "cloud",
    "billing": "always_on",
    "usd_per_hour": 55.04,
    "on_demand_usd_per_hour": 55.04,
    "egress_usd_per_gb": 0.09,
    "storage_usd_per_gb_month": 0.08,
    "pue_ratio": 1.15,
    "grid_gco2_per_kwh": 300.0,
}
DGX_H100 = {
    "deployment": "colocated",
    "billing": "always_on",
    "server_price_usd": 270e3,
    "server_max_power_w": 10200.0,
    "pue_ratio": 1.3,
    "usd_per_kwh": 0.1047,
    "grid_gco2_per_kwh": 300.0,
}
BEDROCK = {
    "deployment": "api",
    "billing": "tokens",
    "usd_per_million_input_tokens": 0.72,
    "usd_per_million_output_tokens": 0.72,
}


def option(*parts: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """One row: the dialogue, with parts and changes on top."""
    row: dict[str, Any] = dict(DIALOGUE)
    for part in parts:
        row |= part
    return row | changes


def columns(rows: Sequence[Mapping[str, Any]], profile: np.ndarray[Any, Any] = DAY) -> dict[str, np.ndarray[Any, Any]]:
    """Input columns of rows; NaN where a row lacks a number."""
    names = {name for row in rows for name in row}
    table = {name: np.array([row.get(name, np.nan) for row in rows]) for name in names}
    return table | {"demand_share_by_hour": np.tile(profile, (len(rows), 1))}


def seed_assumptions(**values: float) -> dict[str, Assumption]:
    """The assumptions of sql/seeds/assumption.csv, some of them at exact other values."""
    with (SEEDS / "assumption.csv").open(encoding="utf-8") as file:
        seeds = {
            row["assumption"]: Assumption(
                float(row["value"]), float(row["low"]), float(row["high"]), row["unit"], row["source"], row["as_of"]
            )
            for row in csv.DictReader(file)
        }
    return seeds | {name: replace(seeds[name], value=x, low=x, high=x) for name, x in values.items()}


def exact_assumptions(**values: float) -> dict[str, Assumption]:
    """The same without intervals."""
    given = seed_assumptions(**values)
    return {name: replace(item, low=item.value, high=item.value) for name, item in given.items()}
