"""The bands in which a price is believable, whatever it was the night before."""

from __future__ import annotations

import duckdb

from connectors.records import FxRate, InstancePrice, Record, SpotPrice, TokenPrice
from flows.dbt import seed

# Columns that must be above zero (0 = missing), in the row's own currency; CNY and JPY lists lie within
# the same decades. A column that may be empty is judged where it is not.
POSITIVE: dict[type[Record], dict[str, tuple[float, float]]] = {
    InstancePrice: {"price_per_hour": (0.0001, 100_000)},
    SpotPrice: {"price_per_hour": (0.00001, 100_000)},
    FxRate: {"rate": (0.000001, 1_000_000)},
    TokenPrice: {
        "per_million_input": (0.000001, 100_000),
        "per_million_cached_input": (0.000001, 100_000),
        "per_million_output": (0.000001, 100_000),
    },
}
# USD per accelerator and hour: a placeholder is below it, the price of a whole term above. Lists have
# 0.20 (T4, three years) to 39 (GB200 in Australia); spot may be a tenth of its list.
LOWEST, LOWEST_SPOT, HIGHEST = 0.05, 0.005, 200
# Of a currency worth less than the dollar the same price is a larger number; CNY is the smallest in use.
UNITS_PER_USD = 10
IS_SPOT = {InstancePrice: "purchase_option = 'spot'", SpotPrice: "true"}
JOIN = "left join accelerated using (provider, sku)"


def load_accelerated(con: duckdb.DuckDBPyConnection) -> None:
    """Temp table ``accelerated``: how many accelerators an instance type has; a share of one is a fraction."""
    con.execute(
        "create or replace temp table accelerated as"
        " select provider, sku, accelerators * accelerator_fraction as accelerators from read_csv(?)",
        [str(seed("node_type"))],
    )


def outside(record: type[Record]) -> tuple[str, str]:
    """SQL of whether a row's price is beyond belief, and the join that it needs."""
    bands = POSITIVE.get(record, {}).items()
    beyond = [f'"{column}" not between {low} and {high}' for column, (low, high) in bands]
    if record not in IS_SPOT:
        return " or ".join(beyond) or "false", ""
    lowest = f"if({IS_SPOT[record]}, {LOWEST_SPOT}, {LOWEST})"
    highest = f"if(currency = 'USD', {HIGHEST}, {HIGHEST * UNITS_PER_USD})"
    return " or ".join([*beyond, f"price_per_hour / accelerators not between {lowest} and {highest}"]), JOIN
