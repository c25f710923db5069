"""The columns that `costmodel.evaluate` reads and writes: name, unit, default and meaning of each.

One row is one (scenario, option) pair. Numbers are float64; NaN means unknown or not applicable. A column without a
default must be given; one with a default may be left out, and NaN takes a default that is a number. A NaN in any other
column that the row's deployment needs makes the figures that depend on it NaN: unknown is never 0.
"""

import math
from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = math.nan


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the cost model.

    Attributes:
        name: Column name; a number's unit is in it.
        unit: Unit, `1` for counts and switches, `text` for names.
        meaning: One sentence.
        default: Value of every row when an input column is left out; None: the column must be given.
    """

    name: str
    unit: str
    meaning: str
    default: float | None = None


TEXT_INPUTS: Final = (
    Column("deployment", "text", "cloud, owned, colocated or api"),
    Column("billing", "text", "always_on, autoscaled, mix (of committed and on demand) or tokens (api)"),
)

# Shape (rows, 24) for days or (rows, 168) for weeks; each row sums to 1. Among weeks, a day is 24 hours and NaN.
PROFILE: Final = Column("demand_share_by_hour", "ratio", "share of the period's requests in each hour, UTC or local")

INPUTS: Final = (
    # the scenario
    Column("requests_per_day", "1/day", "requests of an average day"),
    Column("input_tokens", "token", "mean prompt tokens of a request, cached ones included"),
    Column("output_tokens", "token", "mean generated tokens of a request"),
    Column("cache_hit_ratio", "ratio", "share of prompt tokens served from a prefix cache (bills api tokens)", 0.0),
    Column("peak_to_average_ratio", "ratio", "busiest hour over mean hour; unknown: the profile's own", UNKNOWN),
    Column("min_replicas", "1", "replicas kept up at any hour", 2.0),
    Column("spare_nodes", "1", "nodes on top of the need at any hour (N+1)", 1.0),
    Column("target_utilisation_ratio", "ratio", "load that a replica is planned for, below its capacity", 0.8),
    # the serving plan, from costmodel.serving; unused by api rows
    Column("replica_seconds_per_request", "s", "time of one replica that a request takes at full batch", UNKNOWN),
    Column("replicas_per_node", "1", "replicas that fit one node; 1 where a replica spans nodes", UNKNOWN),
    Column("nodes_per_replica", "1", "nodes that one replica spans; 1 where it fits one", 1.0),
    Column("throughput_ratio_low", "ratio", "P5 of true over predicted throughput; 1: exact", 1.0),
    Column("throughput_ratio_high", "ratio", "P95 of true over predicted throughput; 1: exact", 1.0),
    Column("weights_gb", "GB", "model weights in memory, copied to each cloud node's disk", UNKNOWN),
    Column("node_idle_power_w", "W", "wall power of a node with nothing to do, from costmodel.power", UNKNOWN),
    Column("node_load_power_w", "W", "wall power of a node with all its replicas at full batch", UNKNOWN),
    Column("accelerators_per_node", "1", "accelerators of a node (software licences)", 0.0),
    # renting
    Column("usd_per_hour", "usd/hour", "effective price of a node: hourly part plus upfront over term", UNKNOWN),
    Column("list_usd_per_hour", "usd/hour", "the same before a negotiated discount; unknown: usd_per_hour", UNKNOWN),
    Column(
        "on_demand_usd_per_hour", "usd/hour", "on-demand price of a node: overflow of mix, fallback of spot", UNKNOWN
    ),
    Column(
        "list_on_demand_usd_per_hour",
        "usd/hour",
        "the same before a negotiated discount; unknown: on_demand_usd_per_hour",
        UNKNOWN,
    ),
    Column("is_spot", "1", "1: usd_per_hour is a spot price", 0.0),
    Column("upfront_usd", "usd", "paid on day one per node of a commitment, in usd_per_hour already", 0.0),
    Column("term_hours", "h", "length of the commitment; 0: none", 0.0),
    Column("egress_usd_per_gb", "usd/GB", "internet egress of a cloud region, mean of the month's tiers", UNKNOWN),
    Column("storage_usd_per_gb_month", "usd/GB-month", "block storage of a cloud region", UNKNOWN),
    Column("egress_discount_ratio", "ratio", "share of the egress price that a negotiated discount takes off", 0.0),
    Column("storage_discount_ratio", "ratio", "the same of the storage price", 0.0),
    # owning; the intervals are P5 and P95, unknown: exact
    Column("server_price_usd", "usd", "price of a node without the cluster's interconnect", UNKNOWN),
    Column("server_price_usd_low", "usd", "P5 of the price", UNKNOWN),
    Column("server_price_usd_high", "usd", "P95 of the price", UNKNOWN),
    Column("server_max_power_w", "W", "nameplate power: what the site provisions", UNKNOWN),
    Column("pue_ratio", "ratio", "site energy over IT energy (clouds: for kWh and CO2 only)", UNKNOWN),
    Column("pue_ratio_low", "ratio", "P5 of the PUE", UNKNOWN),
    Column("pue_ratio_high", "ratio", "P95 of the PUE", UNKNOWN),
    Column("usd_per_kwh", "usd/kWh", "electricity at the meter, untaxed as its source says", UNKNOWN),
    Column("usd_per_kwh_low", "usd/kWh", "P5 of the tariff", UNKNOWN),
    Column("usd_per_kwh_high", "usd/kWh", "P95 of the tariff", UNKNOWN),
    Column("demand_usd_per_kw_month", "usd/kW-month", "demand charge on top of usd_per_kwh; 0: inside it", 0.0),
    Column("grid_gco2_per_kwh", "gCO2e/kWh", "carbon intensity of the grid (location-based)", UNKNOWN),
    # tokens, at the tier of the average request
    Column("usd_per_million_input_tokens", "usd", "price of a million fresh prompt tokens", UNKNOWN),
    Column("usd_per_million_cached_tokens", "usd", "price of a million cached ones; unknown: as fresh ones", UNKNOWN),
    Column("usd_per_million_output_tokens", "usd", "price of a million generated tokens", UNKNOWN),
    Column("tokens_discount_ratio", "ratio", "share of these prices that a negotiated discount takes off", 0.0),
)

# Each component of `costmodel.money.COMPONENTS` adds three more: <name>, <name>_low and <name>_high [usd/day].
OUTPUTS: Final = (
    Column("replicas_peak", "1", "replicas needed in the busiest hour, without the spare"),
    Column("nodes_peak", "1", "nodes in the busiest hour, with the spare; 0 for api"),
    Column("nodes_mean", "1", "mean paid nodes: node_hours_per_day over 24"),
    Column("committed_nodes", "1", "nodes paid around the clock: all (always_on), the base (mix), 0 (autoscaled)"),
    Column("node_hours_per_day", "h", "paid node-hours, warm-up included"),
    Column("utilisation", "ratio", "busy share of the paid replica-hours"),
    Column("usd_per_day", "usd", "cost of an average day at base values: the sum of the components"),
    Column("usd_per_day_p50", "usd", "median over the draws"),
    Column("usd_per_day_low", "usd", "P5 over the draws"),
    Column("usd_per_day_high", "usd", "P95 over the draws"),
    Column(
        "list_usd_per_day", "usd", "usd_per_day of the same nodes and hours at list prices, before negotiated discounts"
    ),
    Column("upfront_usd", "usd", "money to put down on day one, all nodes: prepayments, servers and interconnect"),
    Column("kwh_per_day", "kWh", "site energy (IT energy x PUE); estimated for clouds, unknown for api"),
    Column("kgco2e_per_day", "kgCO2e", "location-based emissions of that energy"),
    Column("usd_per_request", "usd", "usd_per_day over requests"),
    Column("usd_per_million_tokens", "usd", "usd_per_day over all tokens, prompt and generated"),
    Column("usd_per_million_output_tokens_input_included", "usd", "usd_per_day over generated tokens"),
)
