"""Buy, rent or call an API: the volume and the utilisation at which the best of two ways cost the same."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from costmodel.break_even import (
    VAST_REQUESTS_PER_DAY,
    at_scale,
    break_even_requests,
    break_even_tokens,
    break_even_utilisation_ratio,
    cost_lines,
)
from costmodel.demand import HOURS_PER_DAY, SECONDS_PER_HOUR
from costmodel.evaluate import evaluate
from costmodel.sampling import Floats
from flows.cost_joins import Tables
from flows.decisions.shortlist import shortlisted
from flows.model_tables import Columns, assumption_table

WAYS: Final = {
    "owned": "buy",
    "colocated": "buy",
    "on_demand": "rent",
    "spot": "rent",
    "mix": "rent",
    "committed": "rent",
    "api": "api",
}
PAIRS: Final = (("buy", "rent"), ("buy", "api"), ("rent", "api"))
# Volumes between which the crossing is looked for.
LEAST_REQUESTS_PER_DAY, MOST_REQUESTS_PER_DAY = 1e2, 1e10


def break_even_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Where the best options of two ways cost the same.

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of shortlist, demand_profile and assumption.

    Returns:
        One row per (scenario, pair of ways) for which both have a ranked option; figures are NULL where the costs do
        not cross.
    """
    rows, columns = shortlisted(con, tables)
    assumptions = assumption_table(con, tables)
    cost = evaluate(columns, assumptions, draws=0)
    scenarios, kinds = rows["scenario_id"].to_pylist(), rows["option_kind"].to_pylist()
    best = best_of_ways(scenarios, kinds, cost["usd_per_day"])
    pairs = [
        (scenario, first, second)
        for scenario in dict.fromkeys(scenarios)
        for first, second in PAIRS
        if (scenario, first) in best and (scenario, second) in best
    ]
    sides = [np.array([best[pair[0], pair[side]] for pair in pairs], dtype=np.intp) for side in (1, 2)]
    first, second = ({name: values[side] for name, values in columns.items()} for side in sides)
    first_cost, second_cost = ({name: values[side] for name, values in cost.items()} for side in sides)

    requests = break_even_requests(first, second, assumptions, LEAST_REQUESTS_PER_DAY, MOST_REQUESTS_PER_DAY)
    first_scaled, second_scaled = (at_scale(side, assumptions) for side in (first, second))
    lines = (cost_lines(*side, assumptions) for side in ((first, first_scaled), (second, second_scaled)))
    ends = {"small": LEAST_REQUESTS_PER_DAY, "large": MOST_REQUESTS_PER_DAY}
    figures = {
        "first_usd_per_day": first_cost["usd_per_day"],
        "second_usd_per_day": second_cost["usd_per_day"],
        "break_even_requests_per_day": requests,
        "break_even_tokens_per_day": requests * (first["input_tokens"] + first["output_tokens"]),
        "straight_line_tokens_per_day": break_even_tokens(*lines),
        "break_even_utilisation_ratio": _utilisation(first, first_scaled, second, second_scaled),
    }
    texts = {name: [pair[at] for pair in pairs] for at, name in enumerate(("scenario_id", "first_way", "second_way"))}
    options = rows["option_id"]
    texts |= {
        f"{name}_option_id": options.take(side).to_pylist()
        for name, side in zip(("first", "second"), sides, strict=True)
    }
    for end, volume in ends.items():
        at_end = ({**side, "requests_per_day": np.full(len(pairs), volume)} for side in (first, second))
        one, other = (evaluate(side, assumptions, draws=0)["usd_per_day"] for side in at_end)
        texts[f"cheaper_at_{end}_volume"] = np.where(one < other, texts["first_way"], texts["second_way"]).tolist()
    arrays = {name: pa.array(values, pa.string()) for name, values in texts.items()}
    return pa.table(
        arrays | {name: pa.array(values, pa.float64(), from_pandas=True) for name, values in figures.items()}
    )


def best_of_ways(scenarios: list[str], kinds: list[str], usd_per_day: Floats) -> dict[tuple[str, str], int]:
    """Index of the cheapest row of each (scenario, way); the first of equals."""
    best: dict[tuple[str, str], int] = {}
    for index, (scenario, kind) in enumerate(zip(scenarios, kinds, strict=True)):
        key = scenario, WAYS[kind]
        if key not in best or usd_per_day[index] < usd_per_day[best[key]]:
            best[key] = index
    return best


def _utilisation(first: Columns, first_scaled: Columns, second: Columns, second_scaled: Columns) -> Floats:
    """Share of the day that a node of the first way must be busy to cost what the second asks for the same work.

    Both are counted at scale, where a node carries its share of the staff and nothing of the floor. Another machine is
    rented by the hour on demand, with its disks and people, and serves at full batch; an API asks its price per
    request. NaN where the second asks less than the first pays for the network alone.
    """
    node_hour_usd = second["on_demand_usd_per_hour"] + _node_day_usd(second_scaled, "rental_usd") / HOURS_PER_DAY
    by_the_hour = node_hour_usd / _requests_per_node_hour(second) + _network_usd_per_request(second_scaled)
    is_api = second["deployment"].astype(str) == "api"
    asked = np.where(is_api, second_scaled["usd_per_request"], by_the_hour) - _network_usd_per_request(first_scaled)
    worth_usd_per_hour = np.where(asked > 0, asked, np.nan) * _requests_per_node_hour(first)
    return break_even_utilisation_ratio(_node_day_usd(first_scaled), worth_usd_per_hour)


def _node_day_usd(scaled: Columns, *left_out: str) -> Floats:
    """Mean cost of a node-day without network and some other components; NaN for an API."""
    usd_per_day = scaled["usd_per_day"] - sum(scaled[name] for name in ("network_usd", *left_out))
    return usd_per_day / np.where(scaled["nodes_mean"] > 0, scaled["nodes_mean"], np.nan)


def _network_usd_per_request(scaled: Columns) -> Floats:
    return scaled["network_usd"] / VAST_REQUESTS_PER_DAY


def _requests_per_node_hour(rows: Columns) -> Floats:
    """Requests that a node serves in an hour at full batch; NaN for an API."""
    per_node = rows["replicas_per_node"] / rows["nodes_per_replica"]
    return SECONDS_PER_HOUR * per_node / rows["replica_seconds_per_request"]
