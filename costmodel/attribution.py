"""Why a cost moved between two nights: price, discount, exchange rate, tariff, model, assumption or scenario.

Each factor's part is its Shapley value: the mean change from switching its inputs to the new night over all orders in
which the factors can be switched. The parts do not depend on an order, and they sum to the whole change.
"""

from collections.abc import Mapping
from itertools import combinations
from math import factorial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from costmodel.bill import DISCOUNTS
from costmodel.columns import INPUTS, PROFILE
from costmodel.evaluate import evaluate, read_rows
from costmodel.sampling import Floats
from costmodel.uncertainty import Assumption

FACTORS: Final = ("price", "discount", "exchange_rate", "tariff", "model", "assumption", "scenario")

# Further columns of rows handed to `attribute`: USD per unit of the currency that prices and tariffs come in.
PRICE_RATE: Final = "usd_per_unit"
TARIFF_RATE: Final = "tariff_usd_per_unit"

TARIFF: Final = ("usd_per_kwh", "usd_per_kwh_low", "usd_per_kwh_high", "demand_usd_per_kw_month")
PRICES: Final = (
    "usd_per_hour",
    "list_usd_per_hour",
    "on_demand_usd_per_hour",
    "list_on_demand_usd_per_hour",
    "upfront_usd",
    "usd_per_million_input_tokens",
    "usd_per_million_cached_tokens",
    "usd_per_million_output_tokens",
)
# Prices of rents that a discount is already off, a prepayment with its rent: price -> share of its list price that is
# paid. The two move apart: what a list moved is `price`, what was negotiated is `discount`.
PAID: Final = {
    "usd_per_hour": "paid_ratio",
    "upfront_usd": "paid_ratio",
    "on_demand_usd_per_hour": "on_demand_paid_ratio",
}
# Prices that no exchange rate of the row applies to: they are in USD.
USD_PRICES: Final = (
    "term_hours",
    "egress_usd_per_gb",
    "storage_usd_per_gb_month",
    "server_price_usd",
    "server_price_usd_low",
    "server_price_usd_high",
)
PLAN: Final = (
    "replica_seconds_per_request",
    "replicas_per_node",
    "nodes_per_replica",
    "throughput_ratio_low",
    "throughput_ratio_high",
    "weights_gb",
    "node_idle_power_w",
    "node_load_power_w",
)
SCENARIO: Final = (
    PROFILE.name,
    "requests_per_day",
    "input_tokens",
    "output_tokens",
    "cache_hit_ratio",
    "peak_to_average_ratio",
    "min_replicas",
    "spare_nodes",
    "target_utilisation_ratio",
)

# Relative difference below which a figure that was divided by its exchange rate has not moved.
SAME: Final = 1e-12

Rows = Mapping[str, NDArray[Any]]


def factor_of(column: str, plan_factor: str = "model") -> str:
    """Factor that a column's change belongs to; reference data (PUE, nameplates) count as assumptions."""
    groups = (
        (SCENARIO, "scenario"),
        ((*PRICES, *USD_PRICES), "price"),
        ((*PAID.values(), *DISCOUNTS.values()), "discount"),
        (TARIFF, "tariff"),
        (PLAN, plan_factor),
    )
    return next((factor for columns, factor in groups if column in columns), "assumption")


def attribute(
    before: Rows,
    after: Rows,
    assumptions_before: Mapping[str, Assumption],
    assumptions_after: Mapping[str, Assumption],
    plan_factor: str = "model",
) -> dict[str, Floats]:
    """Split the change of usd_per_day between two nights.

    Args:
        before: Input columns of `evaluate` on the first night, and optionally `usd_per_unit` and
            `tariff_usd_per_unit`, the exchange rates that are already in its prices and tariffs.
        after: The same options, in the same order, on the second night.
        assumptions_before: Assumptions of the first night.
        assumptions_after: Assumptions of the second night.
        plan_factor: Factor that a changed serving plan belongs to: `model`, or, where the model's version and
            coefficients are the same, `scenario` if the requests changed, else `assumption` if the node did.

    Returns:
        A part per factor of `FACTORS` [usd/day], which sum to the change; NaN where a night's cost is unknown.
    """
    nights = (_with_rates(before), _with_rates(after))
    count = len(nights[0]["deployment"])
    moved = [name for name in FACTORS if _moved(name, nights, (assumptions_before, assumptions_after), plan_factor)]
    cost: dict[frozenset[str], Floats] = {}
    for size in range(len(moved) + 1):
        for switched in map(frozenset, combinations(moved, size)):
            rows = _mixed(nights, switched, plan_factor)
            assumptions = assumptions_after if "assumption" in switched else assumptions_before
            cost[switched] = evaluate(rows, assumptions, draws=0)["usd_per_day"]
    parts: dict[str, Floats] = {name: np.zeros(count) for name in FACTORS}
    for name in moved:
        for switched in (state for state in cost if name not in state):
            orders = factorial(len(switched)) * factorial(len(moved) - len(switched) - 1) / factorial(len(moved))
            parts[name] = parts[name] + orders * (cost[switched | {name}] - cost[switched])
    return parts


def settled(parts: Mapping[str, Floats], change_usd: Floats, decimals: int = 4) -> dict[str, Floats]:
    """Round parts so that they sum to a published change, to the last decimal.

    What the parts do not explain (rounding of published components; a formula that changed between the nights; all of a
    row that an earlier version knew less of, whose parts are NaN) is the model's.

    Args:
        parts: Result of `attribute`.
        change_usd: Published cost of the second night minus that of the first [usd/day].
        decimals: Decimals of the published figures.
    """
    known = np.isfinite(sum(parts.values(), np.zeros_like(change_usd)))
    rounded = {name: np.where(known, np.round(values, decimals), 0.0) for name, values in parts.items()}
    others = sum((values for name, values in rounded.items() if name != "model"), np.zeros_like(change_usd))
    return rounded | {"model": np.round(change_usd - others, decimals)}


def _with_rates(rows: Rows) -> dict[str, NDArray[Any]]:
    """All input columns with their defaults filled in, prices at list beside the share paid, and the exchange rates."""
    table = read_rows(rows)
    ones = np.ones(len(table["deployment"]))
    for name, share in PAID.items():
        if share not in table:
            price, listed = table[name], table[f"list_{name}"]
            table[share] = np.divide(price, listed, out=ones.copy(), where=(price > 0) & (listed > 0))
        table[name] = table[name] / table[share]
    return table | {name: np.asarray(rows.get(name, ones), dtype=np.float64) for name in (PRICE_RATE, TARIFF_RATE)}


def _rate_of(column: str) -> str | None:
    """Exchange rate that is in a column."""
    if column in PRICES:
        return PRICE_RATE
    return TARIFF_RATE if column in TARIFF else None


def _moved(
    factor: str,
    nights: tuple[Rows, Rows],
    assumptions: tuple[Mapping[str, Assumption], Mapping[str, Assumption]],
    plan_factor: str,
) -> bool:
    """Whether any input of a factor differs between the nights."""
    before, after = nights
    if factor == "exchange_rate":
        return any(not np.array_equal(before[rate], after[rate]) for rate in (PRICE_RATE, TARIFF_RATE))
    if factor == "assumption" and assumptions[0] != assumptions[1]:
        return True
    columns = [column for column in _columns() if factor_of(column, plan_factor) == factor]
    local = [(_local(before, name), _local(after, name)) for name in columns]
    # of a day and of a week are two shapes
    return any(
        old.shape != new.shape or not np.allclose(old, new, rtol=SAME, atol=0, equal_nan=True) for old, new in local
    )


def _local(rows: Rows, column: str) -> Floats:
    """A column in its own currency."""
    rate = _rate_of(column)
    return rows[column] if rate is None else rows[column] / rows[rate]


def _columns() -> list[str]:
    return [PROFILE.name, *(column.name for column in INPUTS), *dict.fromkeys(PAID.values())]


def _mixed(nights: tuple[Rows, Rows], switched: frozenset[str], plan_factor: str) -> dict[str, NDArray[Any]]:
    """Rows whose switched factors are those of the second night, the others those of the first."""
    rate_night = nights["exchange_rate" in switched]
    rows = {name: nights[1][name] for name in ("deployment", "billing")}
    for column in _columns():
        local, rate = _local(nights[factor_of(column, plan_factor) in switched], column), _rate_of(column)
        rows[column] = local if rate is None else local * rate_night[rate]
    return rows | {price: rows[price] * rows[share] for price, share in PAID.items()}
