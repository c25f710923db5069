"""The bill of rows of one deployment: fleet, quantities, components, figures and their intervals."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from costmodel.demand import NO_COMMITMENT, Fleet, Packing, best_commitment, busy_replicas, fleet, with_peak
from costmodel.futures import Future
from costmodel.money import COMPONENTS, TOKENS_PER_MILLION, rental_usd
from costmodel.quantities import Quantities
from costmodel.sampling import Floats, quantiles
from costmodel.uncertainty import HIGH, LOW, MEDIAN, spread

RENTS: Final = ("committed_usd_per_hour", "overflow_usd_per_hour")


def evaluate_chunk(
    deployment: str, facts: dict[str, Floats], share: Floats, base: Future, drawn: Future | None
) -> dict[str, Floats]:
    """Cost rows of one deployment; facts have shape (rows, 1), results (rows,)."""
    traffic = None if deployment == "api" else _traffic(facts, share, base)
    bill = _bill(deployment, facts, traffic, base)
    if traffic is not None:
        bill["replicas_peak"] = traffic.packing.replicas(traffic.busy.max(axis=1, keepdims=True))
    result = {name: values[:, 0] for name, values in _figures(deployment, facts, bill).items()}
    components = [component for component in COMPONENTS if deployment in component.deployments]
    result |= {component.name: bill[component.name][:, 0] for component in components}
    if drawn is None:
        return result
    single = {name: values.astype(np.float32) for name, values in facts.items()}
    bill = _bill(deployment, single, traffic and traffic.single(), drawn)
    columns = {"usd_per_day": bill["usd_per_day"]} | {component.name: bill[component.name] for component in components}
    for name, samples in columns.items():
        low, median, high = quantiles(samples, (LOW, MEDIAN, HIGH))
        exact = samples.shape[1] == 1
        result[f"{name}_low"], result[f"{name}_high"] = (result[name], result[name]) if exact else (low, high)
        if name == "usd_per_day":
            result["usd_per_day_p50"] = result[name] if exact else median
    return result


@dataclass(frozen=True, slots=True)
class _Traffic:
    """Load of each hour and what is committed for it."""

    busy: Floats
    packing: Packing
    committed_load: Floats

    def single(self) -> "_Traffic":
        """Return the same in single precision."""
        fields = (getattr(self.packing, name).astype(np.float32) for name in Packing.__slots__)
        return _Traffic(self.busy.astype(np.float32), Packing(*fields), self.committed_load.astype(np.float32))


def _traffic(facts: dict[str, Floats], share: Floats, base: Future) -> _Traffic:
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
    return _Traffic(busy, packing, committed)


def _bill(deployment: str, facts: dict[str, Floats], traffic: _Traffic | None, future: Future) -> Quantities:
    """Every component of rows of one deployment, and what it took; shape (rows, 1) or (rows, draws)."""
    named = Quantities(facts | future.named)
    site = {} if deployment in {"api", "cloud"} else future.z
    for name, z in site.items():
        low, high = (_known(facts[f"{name}_{bound}"], facts[name]) for bound in ("low", "high"))
        named[name] = spread(facts[name], low, high, z)
    if traffic is not None:
        low, high = facts["throughput_ratio_low"], facts["throughput_ratio_high"]
        slowness = 1 / spread(np.ones_like(low), low, high, future.throughput_z)
        today = fleet(traffic.busy, traffic.packing, slowness, traffic.committed_load)
        named |= {name: _per_draw(getattr(today, name), future.throughput_level) for name in Fleet.__slots__}
    total: Floats = np.zeros((1, 1), dtype=facts["requests_per_day"].dtype)
    for component in COMPONENTS:
        if deployment in component.deployments:
            named[component.name] = named.call(component.function)
            total = total + named[component.name]
    named["usd_per_day"] = total
    return named


def _per_draw(values: Floats, level: NDArray[np.intp]) -> Floats:
    """Hand out values per throughput level, shape (rows, levels), to draws; exact ones, shape (rows, 1), stay."""
    return values if values.shape[1] == 1 else np.take(values, level, axis=1, mode="clip")


def _known(value: Floats, otherwise: Floats) -> Floats:
    """Replace unknown values."""
    return np.where(np.isnan(value), otherwise, value)


def _figures(deployment: str, facts: dict[str, Floats], bill: Quantities) -> dict[str, Floats]:
    """Figures of a day beside the components, at base values."""
    total = bill["usd_per_day"]
    requests = np.where(facts["requests_per_day"] > 0, facts["requests_per_day"], np.nan)
    output_tokens = requests * facts["output_tokens"]
    unit_costs = {
        "usd_per_day": total,
        "list_usd_per_day": total,
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
        unit_costs["list_usd_per_day"] = total - bill["rental_usd"] + _list_rental_usd(facts, bill)
    else:
        machines["upfront_usd"] = bill["nodes_peak"] * bill["capital_usd_per_node"]
    return unit_costs | machines


def _list_rental_usd(facts: dict[str, Floats], bill: Quantities) -> Floats:
    """Rent of the same fleet at list prices."""
    list_price = _known(facts["list_usd_per_hour"], facts["usd_per_hour"])
    at_list = Quantities(
        {name: value for name, value in bill.items() if name not in RENTS} | {"usd_per_hour": list_price}
    )
    return at_list.call(rental_usd)
