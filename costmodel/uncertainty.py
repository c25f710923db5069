"""Figures with an interval: what low, value and high mean, and how they are drawn.

Low, value and high are P5, P50 and P95 of a two-piece lognormal distribution: the logarithm is normal with one spread
below the median and another above it, so the three points are met exactly and a price stays positive. Where the low is
0 or negative the same construction is used without the logarithm.
"""

from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

import numpy as np

from costmodel.sampling import SEED, Floats, standard_draws

LOW, MEDIAN, HIGH = 0.05, 0.50, 0.95
# Standard deviations between the median and P95 of a normal distribution.
Z_HIGH: Final = NormalDist().inv_cdf(HIGH)


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that comes from no live source.

    Attributes:
        value: Base value and median.
        low: P5.
        high: P95.
        unit: Unit of all three; `share` is a ratio whose draws are kept within 0 to 1.
        source: Document and date.
        as_of: Date of the source, YYYY-MM-DD, YYYY-MM or YYYY.
    """

    value: float
    low: float
    high: float
    unit: str
    source: str
    as_of: str

    def __post_init__(self) -> None:
        """Refuse an interval that does not hold its value.

        Raises:
            ValueError: low <= value <= high does not hold (NaN included).
        """
        if not self.low <= self.value <= self.high:
            raise ValueError(
                f"expected low <= value <= high, got {self.low}, {self.value}, {self.high} ({self.source})"
            )


def spread(value: Floats, low: Floats, high: Floats, z: Floats) -> Floats:
    """Map standard normal draws to a figure with the given P50, P5 and P95.

    Args:
        value: P50, shape (rows, 1) or (1,).
        low: P5, at most value.
        high: P95, at least value.
        z: Standard normal draws, shape (draws,).

    Returns:
        Shape (rows, draws) or (draws,), in the precision of the inputs; the value itself where all three are equal.
    """
    if np.all((low == value) & (high == value)):
        return value
    below, above = np.minimum(z, 0) / z.dtype.type(Z_HIGH), np.maximum(z, 0) / z.dtype.type(Z_HIGH)
    positive = low > 0
    if np.all(positive | np.isnan(low)):
        return value * np.exp(np.log(value / low) * below + np.log(high / value) * above)
    linear = np.maximum(value + (value - low) * below + (high - value) * above, low)
    if not np.any(positive):
        return linear
    safe_low, safe_value, safe_high = (np.where(positive, x, 1) for x in (low, value, high))
    return np.where(positive, spread(safe_value, safe_low, safe_high, z), linear)


def assumption_draws(name: str, assumption: Assumption, draws: int, seed: int = SEED) -> Floats:
    """Draws of one assumption.

    Returns:
        Shape (draws,), or (1,) where the assumption is exact.
    """
    value, low, high = (np.array([x]) for x in (assumption.value, assumption.low, assumption.high))
    drawn = spread(value, low, high, standard_draws(name, draws, seed))
    return np.clip(drawn, 0, 1) if assumption.unit == "share" else drawn
