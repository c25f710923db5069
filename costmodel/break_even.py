"""Buy, rent or call an API: the volume and the utilisation at which two ways cost the same.

A closed form on straight lines (fractions of nodes, no minimum fleet) says where the answer turns in principle; a
search on the cost model itself says where it turns for whole nodes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from costmodel.demand import HOURS_PER_DAY, SECONDS_PER_HOUR
from costmodel.evaluate import Columns, evaluate
from costmodel.money import TOKENS_PER_MILLION
from costmodel.sampling import Floats
from costmodel.uncertainty import Assumption

Rows = Mapping[str, NDArray[Any]]
Assumptions = Mapping[str, Assumption]

# Requests per day of a scale curve: four points per decade from a thousand to a billion.
SCALE_REQUESTS_PER_DAY: Final = np.logspace(3, 9, 25)
BISECTIONS: Final = 64  # 64 halvings of any interval leave less than a double resolves


@dataclass(frozen=True, slots=True)
class CostLine:
    """A day's cost as a straight line in tokens: nodes may be fractions, the minimum fleet is left out.

    Attributes:
        fixed_usd_per_day: What no traffic costs: spare nodes and staff [usd/day].
        usd_per_million_tokens: What each further million tokens a day adds [usd].
    """

    fixed_usd_per_day: Floats
    usd_per_million_tokens: Floats

    def at(self, tokens_per_day: Floats) -> Floats:
        """Cost of a day with that many tokens, prompt and generated [usd/day]."""
        return self.fixed_usd_per_day + self.usd_per_million_tokens * tokens_per_day / TOKENS_PER_MILLION


def cost_line(rows: Rows, result: Columns, peak_to_average_ratio: Floats) -> CostLine:
    """Straighten evaluated rows whose fleet is sized for the peak (always_on), or that pay per token.

    Args:
        rows: Input columns of the rows.
        result: What `evaluate` made of them.
        peak_to_average_ratio: Busiest hour over mean hour of each row's traffic.

    Returns:
        For machines: per-node cost (all but staff and network) times spare nodes plus staff; and times the nodes that a
        million tokens a day keep busy at the peak, with headroom. For an api: no fixed cost and its price.
    """
    tokens_per_request = rows["input_tokens"] + rows["output_tokens"]
    requests = TOKENS_PER_MILLION / tokens_per_request
    busy = requests * rows["replica_seconds_per_request"] / (SECONDS_PER_HOUR * HOURS_PER_DAY)
    per_node = rows["replicas_per_node"] / rows["nodes_per_replica"]
    nodes = busy * peak_to_average_ratio / rows["target_utilisation_ratio"] / per_node
    node_usd = result["usd_per_day"] - result["staff_usd"] - result["network_usd"]
    with np.errstate(divide="ignore", invalid="ignore"):
        node_usd = node_usd / result["nodes_peak"]
    network = result["network_usd"] / rows["requests_per_day"] * requests
    is_api = rows["deployment"].astype(str) == "api"
    fixed = np.where(is_api, 0, result["staff_usd"] + rows["spare_nodes"] * node_usd)
    return CostLine(fixed, np.where(is_api, result["usd_per_million_tokens"], nodes * node_usd + network))


def break_even_tokens(first: CostLine, second: CostLine) -> Floats:
    """Tokens per day at which two lines cross (closed form); NaN where they do not cross at a positive volume."""
    with np.errstate(divide="ignore", invalid="ignore"):
        millions = (first.fixed_usd_per_day - second.fixed_usd_per_day) / (
            second.usd_per_million_tokens - first.usd_per_million_tokens
        )
    return np.where(np.isfinite(millions) & (millions > 0), millions * TOKENS_PER_MILLION, np.nan)


def crossing(difference: Callable[[Floats], Floats], low: Floats, high: Floats) -> Floats:
    """Find by bisection on a logarithmic axis where a difference of two costs changes its sign.

    Args:
        difference: Cost of the first minus cost of the second, at a volume per row.
        low: Least volume, positive, shape (rows,).
        high: Greatest volume.

    Returns:
        A volume where the sign changes, shape (rows,); NaN where both ends have the same sign. Costs that step by whole
        nodes may cross several times: this is one of the crossings.
    """
    left, right = np.log(low), np.log(high)
    sign_left = np.sign(difference(np.exp(left)))
    crosses = sign_left * np.sign(difference(np.exp(right))) <= 0
    for _ in range(BISECTIONS):
        middle = (left + right) / 2
        same = np.sign(difference(np.exp(middle))) == sign_left
        left, right = np.where(same, middle, left), np.where(same, right, middle)
    return np.where(crosses, np.exp((left + right) / 2), np.nan)


def break_even_requests(
    first: Rows, second: Rows, assumptions: Assumptions, least: float = 1e2, most: float = 1e10
) -> Floats:
    """Requests per day at which two options cost the same, whole nodes and minimum fleets included.

    Args:
        first: Input columns of the first option of each pair.
        second: Input columns of the second one, in the same order.
        assumptions: As for `evaluate`.
        least: Least volume to look at [1/day].
        most: Greatest volume to look at [1/day].

    Returns:
        Shape (pairs,); NaN where one of them is cheaper throughout.
    """

    def difference(requests_per_day: Floats) -> Floats:
        costs = (
            evaluate({**rows, "requests_per_day": requests_per_day}, assumptions, draws=0) for rows in (first, second)
        )
        cheap, dear = (cost["usd_per_day"] for cost in costs)
        return cheap - dear

    ends = np.ones(len(first["requests_per_day"]))
    return crossing(difference, ends * least, ends * most)


def break_even_utilisation_ratio(owned_usd_per_node_day: Floats, rented_usd_per_hour: Floats) -> Floats:
    """Share of the day a node must be in use for an owned one to cost as much as one rented by the hour [ratio]."""
    return owned_usd_per_node_day / (HOURS_PER_DAY * rented_usd_per_hour)


def scale_curve(rows: Rows, assumptions: Assumptions, requests_per_day: Floats = SCALE_REQUESTS_PER_DAY) -> Columns:
    """Cost of each row at other volumes.

    Returns:
        Columns row (index into the rows), requests_per_day, nodes_peak, usd_per_day, usd_per_million_tokens; one entry
        per row and volume.
    """
    count, points = len(rows["requests_per_day"]), len(requests_per_day)
    row = np.repeat(np.arange(count), points)
    volume = np.tile(requests_per_day, count)
    scaled = {name: values[row] for name, values in rows.items()} | {"requests_per_day": volume}
    result = evaluate(scaled, assumptions, draws=0)
    kept = ("nodes_peak", "usd_per_day", "usd_per_million_tokens")
    return {"row": row, "requests_per_day": volume} | {name: result[name] for name in kept}
