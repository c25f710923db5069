"""Buy, rent or call an API: the volume and the utilisation at which two ways cost the same.

A closed form on straight lines (fractions of nodes, no minimum fleet) says where the answer turns in principle; a
search on the cost model itself says where it turns for whole nodes. The lines are those that the cost model nears as
the volume grows, so they hold whatever the volume of today is.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from costmodel.demand import HOURS_PER_DAY
from costmodel.evaluate import Columns, evaluate
from costmodel.money import TOKENS_PER_MILLION
from costmodel.sampling import Floats
from costmodel.uncertainty import Assumption

Rows = Mapping[str, NDArray[Any]]
Assumptions = Mapping[str, Assumption]

# Requests per day of a scale curve: four points per decade from a thousand to a billion.
SCALE_REQUESTS_PER_DAY: Final = np.logspace(3, 9, 25)
# A volume at which the part of a node that rounding adds is less than 1e-6 of the fleet, for any model and node.
VAST_REQUESTS_PER_DAY: Final = 1e15
BISECTIONS: Final = 64  # 64 halvings of any interval leave less than a double resolves


@dataclass(frozen=True, slots=True)
class CostLine:
    """A day's cost as a straight line in tokens: nodes may be fractions, the minimum fleet is left out.

    Attributes:
        fixed_usd_per_day: What no traffic costs [usd/day].
        usd_per_million_tokens: What each further million tokens a day adds [usd].
    """

    fixed_usd_per_day: Floats
    usd_per_million_tokens: Floats

    def at(self, tokens_per_day: Floats) -> Floats:
        """Cost of a day with that many tokens, prompt and generated [usd/day]."""
        return self.fixed_usd_per_day + self.usd_per_million_tokens * tokens_per_day / TOKENS_PER_MILLION


# A cost is the highest of its lines at each volume.
Lines = Sequence[CostLine]


def at_scale(rows: Rows, assumptions: Assumptions) -> Columns:
    """Cost of the rows at so many requests that whole nodes, minimum fleets and the floor of staff weigh nothing."""
    vast = np.full(len(rows["requests_per_day"]), VAST_REQUESTS_PER_DAY)
    return evaluate({**rows, "requests_per_day": vast}, assumptions, draws=0)


def cost_lines(rows: Rows, scaled: Columns, assumptions: Assumptions) -> Lines:
    """Straighten the cost of rows: one line while the floor of staff suffices, one where staff grows with the nodes.

    Args:
        rows: Input columns of the rows.
        scaled: What `at_scale` made of them.
        assumptions: As for `evaluate`.

    Returns:
        Two lines. Fixed are the spare nodes, and on the first line the floor of staff; all else grows with the tokens.
        An api has no fixed cost: both lines are its price.
    """
    none = np.zeros(len(rows["requests_per_day"]))
    with np.errstate(invalid="ignore"):  # the utilisation of no nodes
        idle = evaluate({**rows, "requests_per_day": none, "min_replicas": none}, assumptions, draws=0)
    millions = VAST_REQUESTS_PER_DAY * (rows["input_tokens"] + rows["output_tokens"]) / TOKENS_PER_MILLION
    spare_staff_usd = scaled["staff_usd"] / np.maximum(scaled["nodes_peak"], 1) * idle["nodes_peak"]
    return (
        CostLine(idle["usd_per_day"], (scaled["usd_per_day"] - scaled["staff_usd"]) / millions),
        CostLine(idle["usd_per_day"] - idle["staff_usd"] + spare_staff_usd, scaled["usd_per_day"] / millions),
    )


def break_even_tokens(first: Lines, second: Lines) -> Floats:
    """Least tokens per day at which two costs cross (closed form); NaN where they do not at a positive volume."""
    crossings = []
    for one, other in product(first, second):
        with np.errstate(divide="ignore", invalid="ignore"):
            millions = (one.fixed_usd_per_day - other.fixed_usd_per_day) / (
                other.usd_per_million_tokens - one.usd_per_million_tokens
            )
        tokens = np.where(np.isfinite(millions) & (millions > 0), millions * TOKENS_PER_MILLION, np.nan)
        holds = _is_highest(one, first, tokens) & _is_highest(other, second, tokens)
        crossings.append(np.where(holds, tokens, np.nan))
    least: Floats = np.fmin.reduce(crossings)
    return least


def _is_highest(line: CostLine, lines: Lines, tokens_per_day: Floats) -> NDArray[np.bool_]:
    """True where the line is the cost: none of the lines is above it."""
    highest: Floats = np.max([other.at(tokens_per_day) for other in lines], axis=0)
    return line.at(tokens_per_day) >= highest


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
