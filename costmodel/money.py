"""The components of a day's cost.

Each is one pure function and one line of `COMPONENTS`. A function's parameters name the columns, assumptions and
quantities it needs (`costmodel.columns`, sql/seeds/assumption.csv, `costmodel.quantities`, `costmodel.demand.Fleet`);
`costmodel.evaluate` calls it by those names. All arrays broadcast as (rows, draws); every result is USD per day.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from costmodel.cost_classes import COST_CLASS
from costmodel.demand import HOURS_PER_DAY
from costmodel.quantities import DAYS_PER_YEAR, HOURS_PER_YEAR, MONTHS_PER_DAY, recovery_per_day
from costmodel.sampling import Floats

TOKENS_PER_MILLION: Final = 1e6
BYTES_PER_GB: Final = 1e9


def rental_usd(
    committed_nodes: Floats, overflow_node_hours: Floats, committed_usd_per_hour: Floats, overflow_usd_per_hour: Floats
) -> Floats:
    """Rent of cloud nodes; it includes their power and cooling."""
    return committed_nodes * HOURS_PER_DAY * committed_usd_per_hour + overflow_node_hours * overflow_usd_per_hour


def hardware_usd(
    nodes_peak: Floats,
    capital_usd_per_node: Floats,
    cost_of_capital_ratio: Floats,
    hardware_life_years: Floats,
    residual_value_ratio: Floats,
    economic_depreciation_switch: Floats,
    economic_depreciation_ratio: Floats,
) -> Floats:
    """Servers and interconnect: annuity over their life, or (switch at 1) what a year takes from their market value."""
    resale = residual_value_ratio * (1 + cost_of_capital_ratio) ** -hardware_life_years
    annuity = (1 - resale) * recovery_per_day(cost_of_capital_ratio, hardware_life_years)
    user_cost = (cost_of_capital_ratio + economic_depreciation_ratio) / DAYS_PER_YEAR
    return nodes_peak * capital_usd_per_node * np.where(economic_depreciation_switch > 0, user_cost, annuity)


def energy_usd(
    it_kwh_per_day: Floats, usd_per_kwh: Floats, it_peak_kw: Floats, demand_usd_per_kw_month: Floats
) -> Floats:
    """Electricity of the servers, and the demand charge where the tariff has one."""
    return it_kwh_per_day * usd_per_kwh + it_peak_kw * demand_usd_per_kw_month * MONTHS_PER_DAY


def cooling_usd(
    it_kwh_per_day: Floats,
    usd_per_kwh: Floats,
    it_peak_kw: Floats,
    demand_usd_per_kw_month: Floats,
    pue_ratio: Floats,
) -> Floats:
    """Electricity that cooling and distribution add: that of the servers times (PUE - 1); no PUE is below 1."""
    overhead_ratio = np.maximum(pue_ratio - 1, 0)
    return energy_usd(it_kwh_per_day, usd_per_kwh, it_peak_kw, demand_usd_per_kw_month) * overhead_ratio


def facility_usd(
    provisioned_kw: Floats,
    is_colocated: Floats,
    colocation_usd_per_kw_month: Floats,
    building_usd_per_kw: Floats,
    building_life_years: Floats,
    cost_of_capital_ratio: Floats,
) -> Floats:
    """Room for the provisioned power: rent per kW-month (colocated) or a share of an own building; never both."""
    rent = colocation_usd_per_kw_month * MONTHS_PER_DAY
    building = building_usd_per_kw * recovery_per_day(cost_of_capital_ratio, building_life_years)
    return provisioned_kw * np.where(is_colocated > 0, rent, building)


def network_usd(
    requests_per_day: Floats,
    output_tokens: Floats,
    egress_bytes_per_token: Floats,
    is_cloud: Floats,
    paid_egress_usd_per_gb: Floats,
    transit_usd_per_gb: Floats,
) -> Floats:
    """Internet traffic of the answers: the cloud's egress price, or IP transit of an own site."""
    egress_gb = requests_per_day * output_tokens * egress_bytes_per_token / BYTES_PER_GB
    return egress_gb * np.where(is_cloud > 0, paid_egress_usd_per_gb, transit_usd_per_gb)


def storage_usd(
    node_hours_per_day: Floats,
    weights_gb: Floats,
    storage_weight_copies: Floats,
    storage_system_gb: Floats,
    paid_storage_usd_per_gb_month: Floats,
) -> Floats:
    """Block storage of cloud nodes: system disk and model weights, for as long as the node is paid."""
    gb_per_node = storage_system_gb + weights_gb * storage_weight_copies
    return node_hours_per_day / HOURS_PER_DAY * gb_per_node * paid_storage_usd_per_gb_month * MONTHS_PER_DAY


def software_usd(
    accelerators_per_node: Floats,
    node_hours_per_day: Floats,
    is_cloud: Floats,
    software_switch: Floats,
    software_usd_per_accelerator_hour: Floats,
    software_usd_per_accelerator_year: Floats,
) -> Floats:
    """Licences per accelerator (off unless the switch is 1): by the hour in clouds, by the year on own servers."""
    by_year = software_usd_per_accelerator_year / HOURS_PER_YEAR
    rate = np.where(is_cloud > 0, software_usd_per_accelerator_hour, by_year)
    return software_switch * accelerators_per_node * node_hours_per_day * rate


def maintenance_usd(nodes_peak: Floats, server_price_usd: Floats, maintenance_ratio: Floats) -> Floats:
    """Support contracts and spare parts: a share of the servers' price per year."""
    return nodes_peak * server_price_usd * maintenance_ratio / DAYS_PER_YEAR


def staff_usd(
    nodes_peak: Floats,
    is_cloud: Floats,
    staff_floor_cloud_fte: Floats,
    staff_floor_onprem_fte: Floats,
    nodes_per_fte: Floats,
    staff_usd_per_fte_year: Floats,
) -> Floats:
    """People who run the machines: the floor of the kind of site, or a share by node count if that is more."""
    floor = np.where(is_cloud > 0, staff_floor_cloud_fte, staff_floor_onprem_fte)
    return np.maximum(floor, nodes_peak / nodes_per_fte) * staff_usd_per_fte_year / DAYS_PER_YEAR


def tokens_usd(
    requests_per_day: Floats,
    input_tokens: Floats,
    output_tokens: Floats,
    cache_hit_ratio: Floats,
    paid_usd_per_million_input_tokens: Floats,
    paid_usd_per_million_cached_tokens: Floats,
    paid_usd_per_million_output_tokens: Floats,
) -> Floats:
    """An API's bill: tokens of the average request at the prices of its tier."""
    unlisted = np.isnan(paid_usd_per_million_cached_tokens)
    cached_price = np.where(unlisted, paid_usd_per_million_input_tokens, paid_usd_per_million_cached_tokens)
    input_price = (1 - cache_hit_ratio) * paid_usd_per_million_input_tokens + cache_hit_ratio * cached_price
    request = input_tokens * input_price + output_tokens * paid_usd_per_million_output_tokens
    return requests_per_day * request / TOKENS_PER_MILLION


@dataclass(frozen=True, slots=True)
class Component:
    """One line of a bill.

    Attributes:
        function: The pure function; its name is the component's and ends in _usd.
        deployments: Where it applies; 0 elsewhere.
        formula: The formula in words, with units.
    """

    function: Callable[..., Floats]
    deployments: tuple[str, ...]
    formula: str

    @property
    def name(self) -> str:
        """Name of the component and of its column."""
        return self.function.__name__

    @property
    def cost_class(self) -> str:
        """hardware, software, labour, energy, network or tokens."""
        return COST_CLASS[self.name]


SITE: Final = ("owned", "colocated")
MACHINES: Final = ("cloud", *SITE)

COMPONENTS: Final = (
    Component(
        rental_usd,
        ("cloud",),
        "committed nodes * 24 h * usd/hour + overflow node-hours * on-demand usd/hour",
    ),
    Component(
        hardware_usd,
        SITE,
        "peak nodes * server price / (1 - interconnect share) * daily annuity(cost of capital, life)",
    ),
    Component(energy_usd, SITE, "IT kWh/day * usd/kWh + peak IT kW * demand usd/kW-month * 12/365"),
    Component(cooling_usd, SITE, "energy usd/day * (PUE - 1)"),
    Component(
        facility_usd,
        SITE,
        "provisioned kW * (colocated: usd/kW-month * 12/365; owned: building usd/kW * daily annuity)",
    ),
    Component(network_usd, MACHINES, "requests/day * output tokens * bytes/token / 1e9 * egress usd/GB"),
    Component(
        storage_usd,
        ("cloud",),
        "mean nodes * (system GB + weights GB * copies) * usd/GB-month * 12/365",
    ),
    Component(software_usd, MACHINES, "switch * accelerators * paid node-hours * usd per accelerator-hour"),
    Component(maintenance_usd, SITE, "peak nodes * server price * maintenance share per year / 365"),
    Component(staff_usd, MACHINES, "max(floor of the kind of site, peak nodes / nodes per FTE) * usd/FTE-year / 365"),
    Component(
        tokens_usd,
        ("api",),
        "requests/day * (fresh in * usd/M + cached in * usd/M + out * usd/M) / 1e6",
    ),
)
