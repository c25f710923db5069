"""What a kilowatt-hour costs at a site: energy, demand charge, load factor.

An average price (EIA, Eurostat) already contains what its users pay for demand; only a tariff that
names a demand charge of its own gets it added here.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from costmodel.types import Array, Index

HOURS_PER_YEAR = 8760.0
MONTHS_PER_YEAR = 12.0


def demand_usd_per_kwh(demand_usd_per_kw_month: ArrayLike, load_factor_ratio: ArrayLike) -> Array:
    """Demand charge spread over the energy used [USD/kWh]: D x 12 / (8760 x load factor).

    Args:
        demand_usd_per_kw_month: charge per kW of monthly peak; NaN where the price is an average
            that contains it, and then 0 is added.
        load_factor_ratio: mean over peak power, above 0 and at most 1.

    Returns:
        Array of the broadcast shape of both.

    Raises:
        ValueError: a load factor outside (0, 1].
    """
    load_factor = np.asarray(load_factor_ratio, dtype=np.float64)
    if np.any((load_factor <= 0) | (load_factor > 1)):
        raise ValueError("a load factor is mean over peak power: above 0, at most 1")
    per_year = np.nan_to_num(np.asarray(demand_usd_per_kw_month, dtype=np.float64)) * MONTHS_PER_YEAR
    return np.asarray(per_year / (HOURS_PER_YEAR * load_factor), dtype=np.float64)


def site_mwh_per_year(it_power_kw: ArrayLike, pue_ratio: ArrayLike) -> Array:
    """Yearly use of a site at constant load [MWh]: what decides its consumption band; broadcasts."""
    kwh = np.asarray(it_power_kw, dtype=np.float64) * np.asarray(pue_ratio, dtype=np.float64) * HOURS_PER_YEAR
    return np.asarray(kwh / 1000.0, dtype=np.float64)


def band_at(from_mwh_per_year: ArrayLike, site_mwh_per_year: ArrayLike) -> Index:
    """Consumption band of sites: the largest that the use reaches, else the smallest.

    Args:
        from_mwh_per_year: yearly use at which each band starts, ascending, shape (bands,) [MWh].
        site_mwh_per_year: yearly use of the sites, shape (sites,) [MWh].

    Returns:
        Indices of bands, shape (sites,).
    """
    return np.maximum(np.searchsorted(np.asarray(from_mwh_per_year), site_mwh_per_year, side="right") - 1, 0)
