"""Buy, rent or call an API: the volume and the utilisation at which the best of two ways cost the same."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from costmodel.break_even import break_even_requests, break_even_tokens, break_even_utilisation_ratio, cost_line
from costmodel.columns import PROFILE
from costmodel.demand import SECONDS_PER_HOUR
from costmodel.evaluate import evaluate
from costmodel.sampling import Floats
from flows.cost_joins import Tables
from flows.costing import Columns, assumption_table
from flows.decisions.shortlist import shortlisted

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
    lines = (cost_line(side, costs, _peak(side)) for side, costs in ((first, first_cost), (second, second_cost)))
    ends = {"small": LEAST_REQUESTS_PER_DAY, "large": MOST_REQUESTS_PER_DAY}
    figures = {
        "first_usd_per_day": first_cost["usd_per_day"],
        "second_usd_per_day": second_cost["usd_per_day"],
        "break_even_requests_per_day": requests,
        "break_even_tokens_per_day": requests * (first["input_tokens"] + first["output_tokens"]),
        "straight_line_tokens_per_day": break_even_tokens(*lines),
        "break_even_utilisation_ratio": _utilisation(first, first_cost, second, second_cost),
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


def _peak(rows: Columns) -> Floats:
    """Busiest hour over mean hour: the scenario's own, else its profile's."""
    profile = rows[PROFILE.name]
    return np.where(
        np.isnan(rows["peak_to_average_ratio"]), profile.max(axis=1) * profile.shape[1], rows["peak_to_average_ratio"]
    )


def _utilisation(first: Columns, first_cost: Columns, second: Columns, second_cost: Columns) -> Floats:
    """Share of the day that a node of the first way must be busy to cost what the second asks for the same work.

    Another machine rented by the hour is counted by the requests that it serves in an hour at full batch, an API by
    its price per request.
    """
    by_the_hour = second["on_demand_usd_per_hour"] / _requests_per_node_hour(second)
    is_api = second["deployment"].astype(str) == "api"
    usd_per_request = np.where(is_api, second_cost["usd_per_request"], by_the_hour)
    node_day_usd = first_cost["usd_per_day"] / first_cost["nodes_mean"]
    return break_even_utilisation_ratio(node_day_usd, usd_per_request * _requests_per_node_hour(first))


def _requests_per_node_hour(rows: Columns) -> Floats:
    """Requests that a node serves in an hour at full batch; NaN for an API."""
    per_node = rows["replicas_per_node"] / rows["nodes_per_replica"]
    return SECONDS_PER_HOUR * per_node / rows["replica_seconds_per_request"]
