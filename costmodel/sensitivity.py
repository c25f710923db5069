"""What moves a cost, and what changing one thing about an option would save."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from costmodel.evaluate import Columns, evaluate
from costmodel.futures import UNCERTAIN
from costmodel.sampling import Floats
from costmodel.uncertainty import Assumption

Rows = Mapping[str, NDArray[Any]]
Assumptions = Mapping[str, Assumption]


def sensitivity(rows: Rows, assumptions: Assumptions) -> Columns:
    """Cost of each row with one figure at a time at its P5 and at its P95, all others at base values.

    Returns:
        Columns row (index into the rows), figure, low_usd_per_day and high_usd_per_day (cost at the figure's low and at
        its high); one entry per row and figure that moves it.
    """
    base = _usd_per_day(rows, assumptions)
    cases: dict[str, tuple[Floats, Floats]] = {}
    for name, given in assumptions.items():
        if given.low < given.high:
            exact = [replace(given, value=end, low=end, high=end) for end in (given.low, given.high)]
            low, high = (_usd_per_day(rows, {**assumptions, name: end}) for end in exact)
            cases[name] = (low, high)
    for name in (*UNCERTAIN, "throughput_ratio"):
        low, high = (_usd_per_day(_at_end(rows, name, end), assumptions) for end in ("low", "high"))
        cases[name] = (low, high)
    figures = sorted(cases)
    row = np.tile(np.arange(len(base)), len(figures))
    low_usd, high_usd = (np.concatenate([cases[figure][end] for figure in figures]) for end in (0, 1))
    moves = (low_usd != base[row]) | (high_usd != base[row])
    table: Columns = {"row": row, "figure": np.repeat(np.array(figures, dtype=object), len(base))}
    table |= {"low_usd_per_day": low_usd, "high_usd_per_day": high_usd}
    return {name: values[moves & np.isfinite(low_usd + high_usd)] for name, values in table.items()}


def _usd_per_day(rows: Rows, assumptions: Assumptions) -> Floats:
    return evaluate(rows, assumptions, draws=0)["usd_per_day"]


def _at_end(rows: Rows, name: str, end: str) -> Rows:
    """Rows with one uncertain figure of theirs at its P5 or P95; rows without an interval stay."""
    bound = rows.get(f"{name}_{end}")
    if bound is None:
        return rows
    if name == "throughput_ratio":
        slower = rows["replica_seconds_per_request"] / np.where(np.isnan(bound), 1.0, bound)
        return {**rows, "replica_seconds_per_request": slower}
    return {**rows, name: np.where(np.isnan(bound), rows[name], bound)}


# What a lever lets change; everything else about the option stays.
LEVERS: Final[Mapping[str, Sequence[str]]] = {
    "better_hardware": ("sku", "accelerator"),
    "quantised_model": ("precision",),
    "smaller_model": ("model", "precision"),
    "cheaper_energy": ("region",),
    "commitment": ("purchase_option",),
    "cloud_or_own": ("deployment", "region", "sku", "accelerator", "purchase_option"),
}


def lever(identity: Rows, usd_per_day: Floats, reference: int, free: Sequence[str]) -> tuple[int, float]:
    """Find the cheapest row that differs from a reference only in what a lever changes.

    Args:
        identity: Text columns that name the rows: some of deployment, region, sku, accelerator, purchase_option,
            precision, model.
        usd_per_day: Cost of each row; NaN: not to be had.
        reference: Index of the row to improve.
        free: Columns that the lever changes (a value of `LEVERS`).

    Returns:
        Index of the cheapest such row (the reference itself where none is cheaper) and the saving [usd/day].
    """
    same = np.isfinite(usd_per_day)
    for name, values in identity.items():
        if name not in free:
            same &= values == values[reference]
    cost = np.where(same, usd_per_day, np.inf)
    best = int(np.argmin(cost))
    if not cost[best] < usd_per_day[reference]:
        return reference, 0.0
    return best, float(usd_per_day[reference] - usd_per_day[best])
