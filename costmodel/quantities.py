"""Quantities between the fleet and the money: prices per hour, energy, provisioned power, capital.

Each function is named after the quantity it returns, and its parameters name the columns, assumptions and earlier
quantities it is computed from: `Quantities` calls them by those names, when they are first asked for.
All arrays broadcast as (rows, draws).
"""

from collections.abc import Callable, Mapping
from functools import cache
from inspect import signature
from typing import Final

import numpy as np

from costmodel.demand import HOURS_PER_DAY
from costmodel.sampling import Floats

DAYS_PER_YEAR: Final = 365.0
HOURS_PER_YEAR: Final = HOURS_PER_DAY * DAYS_PER_YEAR
MONTHS_PER_DAY: Final = 12.0 / DAYS_PER_YEAR


@cache
def parameters(function: Callable[..., Floats]) -> tuple[str, ...]:
    """Names of the quantities that a function is computed from."""
    return tuple(signature(function).parameters)


class Quantities(dict[str, Floats]):
    """Quantities by name; one that is not given is computed from the others when it is first asked for."""

    def __missing__(self, name: str) -> Floats:
        """Compute a quantity.

        Raises:
            KeyError: The quantity is neither given nor has a function here.
        """
        self[name] = value = self.call(FUNCTIONS[name])
        return value

    def call(self, function: Callable[..., Floats]) -> Floats:
        """Call a function with the quantities that its parameters name."""
        return function(**{name: self[name] for name in parameters(function)})


def recovery_per_day(cost_of_capital_ratio: Floats, years: Floats) -> Floats:
    """Level daily payment that returns 1 USD spent on day one, with interest, over its life [1/day].

    The annuity C*r/(1-(1+r)^-n) with the yearly rate r compounded daily: i/(1-(1+i)^-d), i = (1+r)^(1/365)-1,
    d = 365*years; 1/d at a rate of 0. Yearly payments would overstate what a one-year prepayment costs two times.
    """
    log_rate = np.log1p(cost_of_capital_ratio)
    safe = np.where(log_rate == 0, 1, log_rate)
    level = np.expm1(safe / DAYS_PER_YEAR) / -np.expm1(-safe * years)
    return np.where(log_rate == 0, 1 / (DAYS_PER_YEAR * years), level)


def committed_usd_per_hour(
    usd_per_hour: Floats,
    upfront_usd: Floats,
    term_hours: Floats,
    cost_of_capital_ratio: Floats,
    is_spot: Floats,
    on_demand_usd_per_hour: Floats,
    spot_share_ratio: Floats,
    spot_reload_ratio: Floats,
) -> Floats:
    """Cost of a paid node-hour: prepayments financed, spot with its fallback [usd/hour].

    Prepaid: hourly part + upfront * recovery over the term. Spot: share s of the hours on spot, each costing
    (1 + reload) hours of work, the rest on demand.
    """
    price = usd_per_hour
    if np.any(upfront_usd > 0):
        term = np.maximum(term_hours, 1)
        financed = upfront_usd * recovery_per_day(cost_of_capital_ratio, term / HOURS_PER_YEAR) / HOURS_PER_DAY
        price = np.where(upfront_usd > 0, usd_per_hour - upfront_usd / term + financed, usd_per_hour)
    if np.any(is_spot > 0):
        on_spot = spot_share_ratio * price * (1 + spot_reload_ratio)
        price = np.where(is_spot > 0, on_spot + (1 - spot_share_ratio) * on_demand_usd_per_hour, price)
    return price


def overflow_usd_per_hour(is_mix: Floats, on_demand_usd_per_hour: Floats, committed_usd_per_hour: Floats) -> Floats:
    """Cost of a node-hour above the commitment: on demand in a mix, else the row's own price [usd/hour]."""
    return np.where(is_mix > 0, on_demand_usd_per_hour, committed_usd_per_hour)


def overflow_node_hours(overflow_serving_hours: Floats, node_starts_per_day: Floats, warm_up_h: Floats) -> Floats:
    """Paid node-hours above the commitment, warm-up included [h]."""
    return overflow_serving_hours + warm_up_h * node_starts_per_day


def node_hours_per_day(committed_nodes: Floats, overflow_node_hours: Floats) -> Floats:
    """Paid node-hours [h]."""
    return HOURS_PER_DAY * committed_nodes + overflow_node_hours


def it_kwh_per_day(
    node_hours_per_day: Floats,
    loaded_node_hours: Floats,
    busy_node_hours: Floats,
    node_idle_power_w: Floats,
    node_load_power_w: Floats,
    serving_floor_ratio: Floats,
    power_error_ratio: Floats,
) -> Floats:
    """Energy at the servers' plugs [kWh].

    P = idle + (load - idle) * (floor * loaded + (1 - floor) * busy), both as shares of the node: an engine that serves
    anything steps all the time with a smaller batch, so most of the step from idle to load is drawn at once
    (`serving_floor_ratio`); accelerators without an engine are idle.
    """
    active_hours = serving_floor_ratio * loaded_node_hours + (1 - serving_floor_ratio) * busy_node_hours
    watt_hours = node_idle_power_w * node_hours_per_day + (node_load_power_w - node_idle_power_w) * active_hours
    return power_error_ratio * watt_hours / 1000


def it_peak_kw(
    nodes_peak: Floats,
    loaded_nodes_peak: Floats,
    node_idle_power_w: Floats,
    node_load_power_w: Floats,
    power_error_ratio: Floats,
) -> Floats:
    """Power of all nodes with their engines at full batch, what a demand charge is measured by [kW]."""
    watts = node_idle_power_w * nodes_peak + (node_load_power_w - node_idle_power_w) * loaded_nodes_peak
    return power_error_ratio * watts / 1000


def kwh_per_day(it_kwh_per_day: Floats, pue_ratio: Floats) -> Floats:
    """Energy at the site's meter [kWh]."""
    return it_kwh_per_day * pue_ratio


def kgco2e_per_day(kwh_per_day: Floats, grid_gco2_per_kwh: Floats) -> Floats:
    """Location-based emissions of operation, without embodied carbon [kgCO2e]."""
    return kwh_per_day * grid_gco2_per_kwh / 1000


def provisioned_kw(nodes_peak: Floats, server_max_power_w: Floats) -> Floats:
    """IT power the site must hold ready: nameplate of all nodes [kW]."""
    return nodes_peak * server_max_power_w / 1000


def capital_usd_per_node(server_price_usd: Floats, interconnect_share_ratio: Floats) -> Floats:
    """Price of a node with its share of the cluster's network [usd]."""
    return server_price_usd / (1 - interconnect_share_ratio)


def paid_egress_usd_per_gb(egress_usd_per_gb: Floats, egress_discount_ratio: Floats) -> Floats:
    """List price x (1 - negotiated discount) [usd/GB]."""
    return egress_usd_per_gb * (1 - egress_discount_ratio)


def paid_storage_usd_per_gb_month(storage_usd_per_gb_month: Floats, storage_discount_ratio: Floats) -> Floats:
    """List price x (1 - negotiated discount) [usd/GB-month]."""
    return storage_usd_per_gb_month * (1 - storage_discount_ratio)


def paid_usd_per_million_input_tokens(usd_per_million_input_tokens: Floats, tokens_discount_ratio: Floats) -> Floats:
    """List price x (1 - negotiated discount) [usd]."""
    return usd_per_million_input_tokens * (1 - tokens_discount_ratio)


def paid_usd_per_million_cached_tokens(usd_per_million_cached_tokens: Floats, tokens_discount_ratio: Floats) -> Floats:
    """List price x (1 - negotiated discount) [usd]."""
    return usd_per_million_cached_tokens * (1 - tokens_discount_ratio)


def paid_usd_per_million_output_tokens(usd_per_million_output_tokens: Floats, tokens_discount_ratio: Floats) -> Floats:
    """List price x (1 - negotiated discount) [usd]."""
    return usd_per_million_output_tokens * (1 - tokens_discount_ratio)


FUNCTIONS: Final[Mapping[str, Callable[..., Floats]]] = {
    function.__name__: function
    for function in (
        committed_usd_per_hour,
        overflow_usd_per_hour,
        overflow_node_hours,
        node_hours_per_day,
        it_kwh_per_day,
        it_peak_kw,
        kwh_per_day,
        kgco2e_per_day,
        provisioned_kw,
        capital_usd_per_node,
        paid_egress_usd_per_gb,
        paid_storage_usd_per_gb_month,
        paid_usd_per_million_input_tokens,
        paid_usd_per_million_cached_tokens,
        paid_usd_per_million_output_tokens,
    )
}
