"""Power of a plain server by parts: CPUs, memory, storage, network, board, fans, conversion [W].

Parts add up at the board's 12 V; voltage regulators and power supply then lose their share. Cooling outside the server
is the facility's PUE.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from costmodel.types import Array, Numbers

CpuUnit = Literal["vcpu", "socket"]
StorageKind = Literal["ssd", "hdd"]

#: part -> attribute -> value, as in the server_power_coefficient table.
PartTable = Mapping[str, Mapping[str, float]]

_MBIT_PER_GBIT = 1000.0


@dataclass(frozen=True, slots=True)
class ServerPower:
    """Power by part; scalars or arrays of shape (rows,).

    Attributes:
        cpu_w: Processors [W].
        memory_w: Memory [W].
        storage_w: Drives [W].
        network_w: Network cards [W].
        board_w: Mainboard and management [W].
        fans_w: Fans [W].
        conversion_w: Losses of voltage regulators and power supply [W].
    """

    cpu_w: Array
    memory_w: Array
    storage_w: Array
    network_w: Array
    board_w: Array
    fans_w: Array
    conversion_w: Array

    @property
    def total_w(self) -> Array:
        """Power at the wall [W]."""
        parts = self.cpu_w + self.memory_w + self.storage_w + self.network_w + self.board_w
        return parts + self.fans_w + self.conversion_w


def server_power(
    cpu_count: Numbers,
    memory_gb: Numbers,
    storage_tb: Numbers,
    network_mbps: Numbers,
    utilisation_ratio: Numbers,
    table: PartTable,
    *,
    cpu_unit: CpuUnit = "vcpu",
    cpu: str = "cpu-cascade-lake",
    storage_kind: StorageKind = "ssd",
) -> ServerPower:
    """Add up a server.

    Args:
        cpu_count: Processors, in ``cpu_unit``: a vCPU is one hardware thread, a socket one whole processor.
        memory_gb: Memory [GB].
        storage_tb: Storage [TB].
        network_mbps: Traffic [Mbit/s], not the speed of the port.
        utilisation_ratio: CPU load [ratio].
        table: Coefficients by part.
        cpu_unit: Unit of ``cpu_count``.
        cpu: Part of ``table`` with the processor's coefficients, for vCPUs.
        storage_kind: Kind of drives.

    Returns:
        Power by part, up to the wall.
    """
    per_cpu_w = (
        _socket_w(utilisation_ratio, table["cpu-socket"])
        if cpu_unit == "socket"
        else _vcpu_w(utilisation_ratio, table[cpu])
    )
    cpu_w = np.asarray(cpu_count * per_cpu_w)
    memory_w = np.asarray(np.asarray(memory_gb) * table["memory"]["w_per_gb"])
    storage_w = np.asarray(np.asarray(storage_tb) * table[storage_kind]["w_per_tb"])
    card = table["network"]
    network_w = np.asarray(card["idle_w"] + np.asarray(network_mbps) / _MBIT_PER_GBIT * card["w_per_gbit_s"])
    board_w = np.full(np.shape(cpu_w + memory_w + storage_w + network_w), table["board"]["w"])
    parts_w = cpu_w + memory_w + storage_w + network_w + board_w
    fans_w = np.asarray(parts_w * table["fans"]["ratio"])
    loss = table["conversion"]["regulator_ratio"] / table["conversion"]["supply_efficiency_ratio"] - 1.0
    return ServerPower(cpu_w, memory_w, storage_w, network_w, board_w, fans_w, np.asarray((parts_w + fans_w) * loss))


def _vcpu_w(utilisation_ratio: Numbers, cpu: Mapping[str, float]) -> Array:
    """Linear from idle to full load, per hardware thread (Cloud Carbon Footprint method)."""
    return np.asarray(cpu["idle_w"] + np.asarray(utilisation_ratio) * (cpu["full_w"] - cpu["idle_w"]))


def _socket_w(utilisation_ratio: Numbers, curve: Mapping[str, float]) -> Array:
    """Measured load curve of a processor: a ln(b (x + c)) + d, x in percent (Boavizta cpu_profile)."""
    percent = np.asarray(utilisation_ratio) * 100.0
    return np.asarray(curve["curve_a"] * np.log(curve["curve_b"] * (percent + curve["curve_c"])) + curve["curve_d"])
