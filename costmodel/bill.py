"""The bill of rows of one deployment: fleet, quantities, components, figures and their intervals."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from costmodel.demand import NO_COMMITMENT, Fleet, Packing, best_commitment, busy_replicas, fleet, with_peak
from costmodel.futures import Future
from costmodel.money import COMPONENTS, SITE, TOKENS_PER_MILLION, rental_usd
from costmodel.quantities import Quantities
from costmodel.sampling import Floats, quantiles
from costmodel.uncertainty import HIGH, LOW, MEDIAN, spread

RENTS: Final = ("committed_usd_per_hour", "overflow_usd_per_hour")
# Components whose whole price has one discount: the share of it that is taken off.
DISCOUNTS: Final = {
    "network_usd": "egress_discount_ratio",
    "storage_usd": "storage_discount_ratio",
    "tokens_usd": "tokens_discount_ratio",
}


def evaluate_chunk(
    deployment: str, facts: dict[str, Floats], share: Floats, base: Future, drawn: Future | None
) -> dict[str, Floats]:
    """Cost rows of one deployment; facts have shape (rows, 1), results (rows,)."""
    traffic = None if deployment == "api" else traffic_of(facts, share, base)
    bill = bill_of(deployment, facts, traffic, base)
    if traffic is not None:
        bill["replicas_peak"] = traffic.packing.replicas(traffic.busy.max(axis=1, keepdims=True))
    result = {name: values[:, 0] for name, values in _figures(deployment, facts, bill).items()}
    components = [component for component in COMPONENTS if deployment in component.deployments]
    result |= {component.name: bill[component.name][:, 0] for component in components}
    if drawn is None:
        return result
    single = {name: values.astype(np.float32) for name, values in facts.items()}
    bill = bill_of(deployment, single, traffic and traffic.single(), drawn)
    columns = {"usd_per_day": bill["usd_per_day"]} | {component.name: bill[component.name] for component in components}
    for name, samples in columns.items():
        low, median, high = quantiles(samples, (LOW, MEDIAN, HIGH))
        exact = samples[:, 0] == samples[:, -1]
        result[f"{name}_low"], result[f"{name}_high"] = (np.where(exact, result[name], end) for end in (low, high))
        if name == "usd_per_day":
            result["usd_per_day_p50"] = np.where(exact, result[name], median)
    return result


@dataclass(frozen=True, slots=True)
class Traffic:
    """Load of each hour and what is committed for it."""

    busy: Floats
    packing: Packing
    committed_load: Floats

    def single(self) -> "Traffic":
        """Return the same in single precision."""
        fields = (getattr(self.packing, name).astype(np.float32) for name in Packing.__slots__)
        return Traffic(self.busy.astype(np.float32), Packing(*fields), self.committed_load.astype(np.float32))


def traffic_of(facts: dict[str, Floats], share: Floats, base: Future) -> Traffic:
    """Load by hour, and the hour whose need is committed at base values."""
    share = with_peak(share, facts["peak_to_average_ratio"][:, 0])
    busy = busy_replicas(facts["requests_per_day"], share, facts["replica_seconds_per_request"])
    packing = Packing(*(facts[name] for name in Packing.__slots__))
    if facts["is_autoscaled"].item():
        committed = np.full((len(busy), 1), NO_COMMITMENT)
    elif facts["is_mix"].item():
        price = Quantities(facts | base.named)["committed_usd_per_hour"]
        warm_up_h = base.named["warm_up_h"].item()
        committed = best_commitment(busy, packing, price, facts["on_demand_usd_per_hour"], warm_up_h)
    else:
        committed = busy.max(axis=1, keepdims=True)
    return Traffic(busy, packing, committed)


def bill_of(deployment: str, facts: dict[str, Floats], traffic: Traffic | None, future: Future) -> Quantities:
    """Compute every component of rows of one deployment, and all it takes.

    Args:
        deployment: cloud, owned, colocated or api.
        facts: Input columns, shape (rows, 1).
        traffic: Load by hour; None for api.
        future: Base values or draws.

    Returns:
        Facts, assumptions, quantities and components by name; shape (rows, 1) or (rows, draws).
    """
    named = Quantities(facts | future.named)
    site = {} if deployment in {"api", "cloud"} else future.z
    for name, z in site.items():
        named[name] = spread(facts[name], *_interval(facts, name, facts[name]), z)
    if traffic is not None:
        predicted = np.ones_like(facts["throughput_ratio_low"])
        slowness = 1 / spread(predicted, *_interval(facts, "throughput_ratio", predicted), future.throughput_z)
        today = fleet(traffic.busy, traffic.packing, slowness, traffic.committed_load)
        named |= {name: _per_draw(getattr(today, name), future.throughput_level) for name in Fleet.__slots__}
    total: Floats = np.zeros((1, 1), dtype=facts["requests_per_day"].dtype)
    for component in COMPONENTS:
        if deployment in component.deployments:
            named[component.name] = named.call(component.function)
            total = total + named[component.name]
    named["usd_per_day"] = total
    return named


def _interval(facts: dict[str, Floats], name: str, value: Floats) -> tuple[Floats, Floats]:
    """P5 and P95 of a row's own figure: the value itself where unknown, and never on its wrong side."""
    low, high = _known(facts[f"{name}_low"], value), _known(facts[f"{name}_high"], value)
    return np.minimum(low, value), np.maximum(high, value)


def _per_draw(values: Floats, level: NDArray[np.intp]) -> Floats:
    """Hand out values per throughput level, shape (rows, levels), to draws; exact ones, shape (rows, 1), stay."""
    return values if values.shape[1] == 1 else np.take(values, level, axis=1, mode="clip")


def _known(value: Floats, otherwise: Floats) -> Floats:
    """Replace unknown values."""
    return np.where(np.isnan(value), otherwise, value)


def _figures(deployment: str, facts: dict[str, Floats], bill: Quantities) -> dict[str, Floats]:
    """Figures of a day beside the components, at base values."""
    total = bill["usd_per_day"]
    list_total = total if deployment in SITE else total + _off_list_usd(facts, bill)
    requests = np.where(facts["requests_per_day"] > 0, facts["requests_per_day"], np.nan)
    output_tokens = requests * facts["output_tokens"]
    unit_costs = {
        "usd_per_day": total,
        "list_usd_per_day": list_total,
        "usd_per_request": total / requests,
        "usd_per_million_tokens": total / (requests * facts["input_tokens"] + output_tokens) * TOKENS_PER_MILLION,
        "usd_per_million_output_tokens_input_included": total / output_tokens * TOKENS_PER_MILLION,
    }
    if deployment == "api":
        unknown = np.full_like(total, np.nan)
        return unit_costs | {"kwh_per_day": unknown, "kgco2e_per_day": unknown}
    machines = {name: bill[name] for name in ("replicas_peak", "nodes_peak", "committed_nodes", "node_hours_per_day")}
    machines |= {name: bill[name] for name in ("kwh_per_day", "kgco2e_per_day")}
    machines["nodes_mean"] = bill["node_hours_per_day"] / 24
    machines["utilisation"] = bill["busy_node_hours"] / bill["node_hours_per_day"]
    if deployment == "cloud":
        machines["upfront_usd"] = bill["committed_nodes"] * facts["upfront_usd"]
        unit_costs["list_usd_per_day"] = list_total - bill["rental_usd"] + _list_rental_usd(facts, bill)
    else:
        machines["upfront_usd"] = bill["nodes_peak"] * bill["capital_usd_per_node"]
    return unit_costs | machines


def _off_list_usd(facts: dict[str, Floats], bill: Quantities) -> Floats:
    """What discounts take off the list prices of egress, storage and tokens; 0 where there is none."""
    shares = {component: facts[share] for component, share in DISCOUNTS.items() if component in bill}
    return sum((bill[name] * share / (1 - share) for name, share in shares.items()), np.zeros((1, 1)))


def _list_rental_usd(facts: dict[str, Floats], bill: Quantities) -> Floats:
    """Rent of the same fleet at list prices, what it prepays and what it buys on demand included."""
    list_price = _known(facts["list_usd_per_hour"], facts["usd_per_hour"])
    at_list = {
        "usd_per_hour": list_price,
        # a prepayment is a part of the price, and has its discount
        "upfront_usd": facts["upfront_usd"] * (list_price / facts["usd_per_hour"]),
        "on_demand_usd_per_hour": _known(facts["list_on_demand_usd_per_hour"], facts["on_demand_usd_per_hour"]),
    }
    same = {name: value for name, value in bill.items() if name not in RENTS}
    return Quantities(same | at_list).call(rental_usd)
