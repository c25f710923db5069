"""Daily cost of every (scenario, option) row, with its components and intervals.

    evaluate(rows, assumptions, draws=2048, seed=SEED, threads=1) -> columns

Inputs: `costmodel.columns.TEXT_INPUTS`, `PROFILE` and `INPUTS` (name, unit, default, meaning of each), one numpy array
per column, all of one length n (the profile has shape (n, 24) or (n, 168)); a column with a default may be left out.

Outputs: `costmodel.columns.OUTPUTS`, and for each line of `costmodel.money.COMPONENTS` (rental_usd, hardware_usd,
energy_usd, cooling_usd, facility_usd, network_usd, storage_usd, software_usd, maintenance_usd, staff_usd, tokens_usd)
three columns: `<component>` at base values, `<component>_low` and `<component>_high` (its marginal P5 and P95), USD per
day. float64 arrays of length n.

Which inputs a row needs, beside the scenario's:

    deployment         billing                      needs
    cloud              always_on, autoscaled, mix   plan, usd_per_hour, egress_usd_per_gb, storage_usd_per_gb_month,
                                                    weights_gb; mix and spot: on_demand_usd_per_hour; commitments:
                                                    upfront_usd, term_hours; for kWh and CO2: node powers, pue_ratio,
                                                    grid_gco2_per_kwh
    owned, colocated   always_on                    plan, node powers, server_price_usd, server_max_power_w, pue_ratio,
                                                    usd_per_kwh; for CO2: grid_gco2_per_kwh
    api                tokens                       usd_per_million_{input,output}_tokens, cached where hits are billed

Not applicable is 0 (an api row's nodes, a cloud row's energy_usd); unknown is NaN.
"""

import math
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from costmodel.bill import evaluate_chunk
from costmodel.columns import INPUTS, OUTPUTS, PROFILE, TEXT_INPUTS
from costmodel.futures import Future
from costmodel.money import COMPONENTS
from costmodel.sampling import SEED, Floats
from costmodel.uncertainty import Assumption

Columns = dict[str, NDArray[Any]]

BILLINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "cloud": ("always_on", "autoscaled", "mix"),
    "owned": ("always_on",),
    "colocated": ("always_on",),
    "api": ("tokens",),
}
# Deployments and billings that the formulas ask for, as is_<kind>.
KINDS: Final = ("cloud", "colocated", "mix", "autoscaled")
TOTAL_INTERVAL: Final = ("usd_per_day_low", "usd_per_day_p50", "usd_per_day_high")
# Chosen so that P5 and P95 of a day's cost lie within 2 % of those of many more draws.
DRAWS: Final = 2048
# Rows whose draws are held at once: their arrays stay in the processor's cache.
CHUNK_ROWS: Final = 128


def evaluate(
    rows: Mapping[str, NDArray[Any]],
    assumptions: Mapping[str, Assumption],
    draws: int = DRAWS,
    seed: int = SEED,
    threads: int = 1,
) -> Columns:
    """Cost every row; see the module for the columns.

    Args:
        rows: Input columns.
        assumptions: By name, all that the components' parameters name (sql/seeds/assumption.csv).
        draws: Draws behind P5, P50 and P95; 0 leaves the columns of intervals out.
        seed: Seed of the draws.
        threads: Threads that share the work; the result is the same for any number.

    Returns:
        Output columns, in the order of the rows, each row's figures independent of the other rows.

    Raises:
        ValueError: A required column is missing or of another length, or a deployment or billing is unknown.
        KeyError: An assumption is missing.
    """
    table = read_rows(rows)
    count = len(table["deployment"])
    base = Future.base(assumptions)
    drawn = Future.drawn(assumptions, draws, seed) if draws else None
    result: Columns = {name: np.zeros(count) for name in output_columns(bool(draws))}

    def fill(work: tuple[str, str, NDArray[np.intp]]) -> None:
        deployment, billing, chunk = work
        facts = facts_of(table, deployment, billing, chunk)
        for name, values in evaluate_chunk(deployment, facts, shares_of(table, chunk), base, drawn).items():
            result[name][chunk] = values

    if threads == 1:  # to start one would take longer than a few rows do
        deque(map(fill, _chunks(table)), maxlen=0)
        return result
    with ThreadPoolExecutor(threads) as pool:
        deque(pool.map(fill, _chunks(table)), maxlen=0)
    return result


def facts_of(table: Columns, deployment: str, billing: str, index: NDArray[np.intp]) -> dict[str, Floats]:
    """Columns of rows of one deployment and billing, shape (rows, 1), and the switches is_<kind>, shape (1, 1)."""
    facts = {column.name: table[column.name][index, None] for column in INPUTS}
    return facts | {f"is_{kind}": np.full((1, 1), float(kind in {deployment, billing})) for kind in KINDS}


def shares_of(table: Columns, index: NDArray[np.intp]) -> Floats:
    """Demand profiles of rows that are all days or all weeks, shape (rows, hours)."""
    share: Floats = table[PROFILE.name][index]
    return share[:, : np.isfinite(share[0]).sum()]


def of_one_period(table: Columns, rows: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Indices of those of the rows whose profiles are all days or all weeks, as `shares_of` takes them."""
    is_padded = np.isnan(table[PROFILE.name][:, -1])
    return [index for index in map(np.flatnonzero, (rows & ~is_padded, rows & is_padded)) if index.size]


def output_columns(intervals: bool = True) -> list[str]:
    """Names of the columns that `evaluate` returns, in order."""
    names = [column.name for column in OUTPUTS] + [component.name for component in COMPONENTS]
    if not intervals:
        return [name for name in names if name not in TOTAL_INTERVAL]
    return names + [f"{component.name}_{bound}" for component in COMPONENTS for bound in ("low", "high")]


def read_rows(rows: Mapping[str, NDArray[Any]]) -> Columns:
    """Check the input columns and fill in the defaults.

    Raises:
        ValueError: As `evaluate`.
    """
    required = {column.name for column in INPUTS if column.default is None} | {PROFILE.name}
    missing = sorted((required | {column.name for column in TEXT_INPUTS}) - set(rows))
    if missing:
        raise ValueError(f"missing input columns: {', '.join(missing)}")
    count = len(rows["deployment"])
    table: Columns = {column.name: np.asarray(rows[column.name]).astype(str) for column in TEXT_INPUTS}
    for column in INPUTS:
        default = math.nan if column.default is None else column.default
        given = np.asarray(rows.get(column.name, default), dtype=np.float64)
        value = given if math.isnan(default) else np.where(np.isnan(given), default, given)
        table[column.name] = np.broadcast_to(value, (count,))
    table[PROFILE.name] = np.asarray(rows[PROFILE.name], dtype=np.float64)
    if table[PROFILE.name].shape[0] != count or table[PROFILE.name].size not in {24 * count, 168 * count}:
        raise ValueError(
            f"{PROFILE.name}: expected shape ({count}, 24) or ({count}, 168), got {table[PROFILE.name].shape}"
        )
    return table


def _chunks(table: Columns) -> Iterator[tuple[str, str, NDArray[np.intp]]]:
    """Index rows of one deployment and billing, a cache-sized chunk at a time.

    Raises:
        ValueError: A row has a deployment or billing that does not exist, or not together.
    """
    seen = 0
    for deployment, billings in BILLINGS.items():
        for billing in billings:
            alike = (table["deployment"] == deployment) & (table["billing"] == billing)
            for index in of_one_period(table, alike):
                seen += len(index)
                for start in range(0, len(index), CHUNK_ROWS):
                    yield deployment, billing, index[start : start + CHUNK_ROWS]
    if seen < len(table["deployment"]):
        raise ValueError(f"a row's deployment and billing must be one of {dict(BILLINGS)}")
