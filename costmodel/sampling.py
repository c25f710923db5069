"""Seeded standard normal draws that are common to all rows.

The draws of a figure depend on (seed, name) alone: not on the rows, the chunking or which other figures exist. So all
options are compared under the same futures, and a new assumption changes no other's draws.
"""

from collections.abc import Sequence
from functools import cache
from math import gcd
from statistics import NormalDist
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]

SEED: Final = 20260101
# The figures that move a day's cost most, first ones first. They share a lattice, which fills their common space more
# evenly than independent draws do; any other figure gets an independent permutation. Append only: the order is part of
# the seed.
LATTICE_ORDER: Final = (
    "throughput_ratio",
    "server_price_usd",
    "hardware_life_years",
    "cost_of_capital_ratio",
    "staff_floor_onprem_fte",
    "staff_usd_per_fte_year",
    "interconnect_share_ratio",
    "staff_floor_cloud_fte",
    "colocation_usd_per_kw_month",
    "building_usd_per_kw",
    "maintenance_ratio",
    "egress_bytes_per_token",
    "warm_up_h",
    "spot_share_ratio",
    "spot_reload_ratio",
    "usd_per_kwh",
    "pue_ratio",
    "nodes_per_fte",
    "power_error_ratio",
    "serving_floor_ratio",
)
# Half the width of the window that a quantile is averaged over, in probability.
WINDOW: Final = 0.005
# Candidates tried per dimension of the lattice; more change its quality little.
CANDIDATES: Final = 512


@cache
def lattice_generators(draws: int) -> tuple[int, ...]:
    """Generating vector of a rank-1 lattice, component by component.

    Each component is the candidate whose worst pairing with an earlier one is best, by the error that the lattice of
    the two makes in the Korobov space of smoothness 1 (Dick, Kuo, Sloan 2013, High-dimensional integration: the
    quasi-Monte Carlo way, section 5): a day's cost rarely hangs on more than two figures at once.
    """
    points = np.arange(draws)
    fractions = points / draws
    kernel = 2 * np.pi**2 * (fractions**2 - fractions + 1 / 6)
    # c and draws - c give mirrored points
    units = [c for c in range(1, draws // 2 + 1) if gcd(c, draws) == 1] or [1]
    generators = [1]
    while len(generators) < len(LATTICE_ORDER):
        candidates = np.random.default_rng(len(generators)).permutation(units)[:CANDIDATES]
        earlier = kernel[np.outer(generators, points) % draws]
        # rounded, so that a tie is not decided by the last bit of a sum
        worst = [round(float((earlier @ kernel[points * int(c) % draws]).max() / draws), 9) for c in candidates]
        generators.append(int(candidates[np.argmin(worst)]))
    return tuple(generators)


def strata(name: str, draws: int, seed: int = SEED) -> NDArray[np.intp]:
    """Order in which a figure visits the `draws` equally likely strata of its distribution.

    Returns:
        Shape (draws,): a permutation of 0 .. draws - 1.
    """
    random = np.random.default_rng([seed, *name.encode()])
    if name not in LATTICE_ORDER:
        return random.permutation(draws)
    generator = lattice_generators(draws)[LATTICE_ORDER.index(name)]
    return (np.arange(draws) * generator + random.integers(draws)) % draws


@cache
def normal_midpoints(levels: int) -> NDArray[np.float64]:
    """Standard normal quantiles at the middle of each of `levels` equally likely strata."""
    return np.array([NormalDist().inv_cdf((k + 0.5) / levels) for k in range(levels)])


def standard_draws(name: str, draws: int, seed: int = SEED) -> NDArray[np.float64]:
    """Standard normal draws of one figure, shape (draws,); their sorted values are the same for every figure."""
    return normal_midpoints(draws)[strata(name, draws, seed)]


def quantiles(samples: Floats, probabilities: Sequence[float]) -> list[Floats]:
    """Quantiles along the draws: the mean of the draws within `WINDOW` of the probability.

    A fleet grows by whole nodes, so a day's cost is a step function of throughput; a mean over a narrow window does not
    flip where a step falls on the quantile, and is the quantile itself elsewhere (bias below 0.001 spreads at P95).

    Args:
        samples: Shape (rows, draws); sorted in place.
        probabilities: Quantiles asked for, between 0 and 1.

    Returns:
        One array of shape (rows,) per probability; NaN where any draw is NaN.
    """
    draws = samples.shape[1]
    samples.sort(axis=1)
    unknown = np.isnan(samples[:, -1])
    found = []
    for probability in probabilities:
        first = min(round((probability - WINDOW) * draws), draws - 1)
        last = max(round((probability + WINDOW) * draws), first + 1)
        found.append(np.where(unknown, np.nan, samples[:, first:last].mean(axis=1)))
    return found
