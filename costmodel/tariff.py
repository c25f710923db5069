"""Which of a tariff's consumption bands a site pays."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from costmodel.types import Index


def band_at(from_mwh_per_year: ArrayLike, site_mwh_per_year: ArrayLike) -> Index:
    """Consumption band of sites: the largest that the use reaches, else the smallest.

    Args:
        from_mwh_per_year: yearly use at which each band starts, ascending, shape (bands,) [MWh].
        site_mwh_per_year: yearly use of the sites, shape (sites,) [MWh].

    Returns:
        Indices of bands, shape (sites,).
    """
    return np.maximum(np.searchsorted(np.asarray(from_mwh_per_year), site_mwh_per_year, side="right") - 1, 0)
