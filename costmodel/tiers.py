"""What a unit costs on average where the price falls with the volume."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from costmodel.types import Array


def mean_price(from_units: ArrayLike, usd_per_unit: ArrayLike, units: ArrayLike) -> Array:
    """Average price of volumes that are billed tier by tier: each unit at the price of the tier that it falls in.

    Args:
        from_units: volume at which each tier starts, ascending, shape (tiers,); the first one's price holds from 0.
        usd_per_unit: price of each tier, shape (tiers,) [USD].
        units: volumes, shape (rows,); unknown ones (NaN) and 0 pay the first price.

    Returns:
        USD per unit, shape (rows,).
    """
    start = np.array(from_units, dtype=float)
    start[0] = 0.0
    end = np.append(start[1:], np.inf)
    volume = np.asarray(units, dtype=float)
    in_tier = np.clip(volume[:, None] - start, 0.0, end - start)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = in_tier @ np.asarray(usd_per_unit, dtype=float) / volume
    return np.asarray(np.where(volume > 0, mean, np.asarray(usd_per_unit)[0]))
