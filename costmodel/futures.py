"""The futures that rows are costed under: base values, or common draws of everything uncertain."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from costmodel.sampling import Floats, normal_midpoints, standard_draws, strata
from costmodel.uncertainty import Assumption, assumption_draws

# Columns with their own interval in <name>_low and <name>_high; one common draw each.
UNCERTAIN: Final = ("server_price_usd", "pue_ratio", "usd_per_kwh")
# Throughput takes this many equally likely levels; the fleet, the dear part, is computed once per level.
THROUGHPUT_LEVELS: Final = 256


@dataclass(frozen=True, slots=True)
class Future:
    """The assumptions of one evaluation: base values, shape (1, 1), or draws, shape (1, draws).

    Attributes:
        named: Assumptions by name.
        z: Standard draws of the rows' own uncertain figures, by name, shape (draws,); empty at base values.
        throughput_z: Standard normal levels of the throughput ratio, shape (levels,).
        throughput_level: Level of each draw, shape (draws,).
    """

    named: dict[str, Floats]
    z: Mapping[str, Floats]
    throughput_z: Floats
    throughput_level: NDArray[np.intp]

    @classmethod
    def base(cls, assumptions: Mapping[str, Assumption]) -> "Future":
        """Every figure at its base value."""
        named = {name: np.array([[assumption.value]]) for name, assumption in assumptions.items()}
        return cls(named, {}, np.zeros(1), np.zeros(1, dtype=np.intp))

    @classmethod
    def drawn(cls, assumptions: Mapping[str, Assumption], draws: int, seed: int) -> "Future":
        """Every figure drawn, in single precision: its error is far below that of the quantiles."""
        named = {
            name: assumption_draws(name, assumption, draws, seed)[None, :].astype(np.float32)
            for name, assumption in assumptions.items()
        }
        z = {name: standard_draws(name, draws, seed).astype(np.float32) for name in UNCERTAIN}
        levels = min(draws, THROUGHPUT_LEVELS)
        level = strata("throughput_ratio", draws, seed) * levels // draws
        return cls(named, z, normal_midpoints(levels).astype(np.float32), level)
