"""A plain server by parts: power, energy and electricity cost of a day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Final

from costmodel.server_power import CpuUnit, StorageKind
from costmodel.server_power import server_power as power_by_part
from flows.figures import Figure
from flows.measured import fact_table
from flows.quantities import one_of

HOURS_PER_DAY: Final = 24.0
CPU_PREFIX: Final = "cpu-"
PARTS: Final = {
    "cpu_w": "processors",
    "memory_w": "memory",
    "storage_w": "drives",
    "network_w": "network cards",
    "board_w": "mainboard and management",
    "fans_w": "fans",
    "conversion_w": "losses of voltage regulators and power supply",
}


@dataclass(frozen=True)
class Server:
    """A plain server, as :func:`costmodel.server_power.server_power` takes it.

    Args:
        cpu_count: processors, in `cpu_unit`.
        cpu_unit: vcpu (hardware threads) or socket.
        cpu: generation of vCPUs, a part of the coefficient table without its prefix.
        memory_gb: memory [GB].
        storage_tb: storage [TB].
        storage_kind: ssd or hdd.
        network_mbps: traffic [Mbit/s].
        utilisation_ratio: mean load of the processors [ratio].
    """

    cpu_count: int
    cpu_unit: CpuUnit
    cpu: str
    memory_gb: float
    storage_tb: float
    storage_kind: StorageKind
    network_mbps: float
    utilisation_ratio: float


def figures(server: Server, pue_ratio: float, usd_per_kwh: float | None) -> Iterator[Figure]:
    """Power by part, then what a day of it costs.

    Raises:
        UsageError: the processor generation is not in the table; lists the names.
    """
    table = fact_table("server_power_coefficient")
    generations = sorted(p.removeprefix(CPU_PREFIX) for p in table if p.startswith(CPU_PREFIX) and "idle_w" in table[p])
    one_of("--cpu", server.cpu, generations, ", ".join(generations))
    power = power_by_part(**{**asdict(server), "cpu": CPU_PREFIX + server.cpu}, table=table)
    for part in fields(power):
        yield Figure(part.name, float(getattr(power, part.name)), "W", PARTS[part.name])
    total_w = float(power.total_w)
    it_kwh = total_w * HOURS_PER_DAY / 1000.0
    yield Figure("total_w", total_w, "W", "at the wall")
    yield Figure("it_kwh_per_day", it_kwh, "kWh", "the server's own energy")
    yield Figure("kwh_per_day", it_kwh * pue_ratio, "kWh", f"with cooling and distribution, PUE {pue_ratio:g}")
    if usd_per_kwh is None:
        yield Figure("usd_per_day", None, "USD/day", "electricity of a day; unknown without a tariff")
        return
    energy_usd = it_kwh * usd_per_kwh
    yield Figure("energy_usd", energy_usd, "USD/day", f"the server's energy at {usd_per_kwh:g} USD/kWh")
    yield Figure("cooling_usd", energy_usd * (pue_ratio - 1.0), "USD/day", "cooling and distribution")
    yield Figure("usd_per_day", energy_usd * pue_ratio, "USD/day", "electricity of a day")
