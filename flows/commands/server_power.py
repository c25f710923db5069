"""``costwatt server-power``: watts and electricity cost of a plain server, by parts."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from flows.commands.options import Currency, Form, number_option, whole_option
from flows.render import Format
from flows.settings import load_settings


class CpuUnit(StrEnum):
    """What ``--cpu-count`` counts."""

    vcpu = "vcpu"
    socket = "socket"


class Storage(StrEnum):
    """Kind of drives."""

    ssd = "ssd"
    hdd = "hdd"


def server_power(
    cpu_count: Annotated[int, whole_option("--cpu-count", 1, 4096, "1", "N", "Processors, in --cpu-unit.")],
    memory_gb: Annotated[float, number_option("--memory-gb", 0, 1e6, "GB", "GB", "Memory.")],
    storage_tb: Annotated[float, number_option("--storage-tb", 0, 1e5, "TB", "TB", "Storage.")] = 0.0,
    network_mbps: Annotated[
        float, number_option("--network-mbps", 0, 1e7, "Mbit/s", "MBIT/S", "Traffic, not the port's speed.")
    ] = 0.0,
    cpu_unit: Annotated[CpuUnit, typer.Option(help="vcpu: hardware threads; socket: whole processors.")] = CpuUnit.vcpu,
    cpu: Annotated[
        str, typer.Option(help="Processor generation of vCPUs, e.g. cascade-lake, epyc-4.")
    ] = "cascade-lake",
    storage_kind: Annotated[Storage, typer.Option(help="Kind of drives.")] = Storage.ssd,
    utilisation: Annotated[
        float, number_option("--utilisation", 0, 1, "ratio", "RATIO", "Mean load of the CPUs.")
    ] = 0.5,
    pue: Annotated[
        float | None,
        number_option("--pue", 1, 5, "ratio", "RATIO", "Site energy over server energy; left out: a usual room's."),
    ] = None,
    tariff: Annotated[
        float | None, number_option("--tariff", 0, 10, "USD/kWh", "USD/KWH", "Price of electricity.")
    ] = None,
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """Power of a plain server, by parts.

    Watts at the wall, energy and electricity cost of a day; no accelerators.
    """
    from flows.currency import published_rate  # noqa: PLC0415  as below
    from flows.figures import emit_figures, in_currency  # noqa: PLC0415  numpy is slow to import: --help needs none
    from flows.measured import fact_table  # noqa: PLC0415
    from flows.server_power import Server, figures  # noqa: PLC0415

    server = Server(
        cpu_count, cpu_unit.value, cpu, memory_gb, storage_tb, storage_kind.value, network_mbps, utilisation
    )
    title = (
        (
            f"{cpu_count} {cpu_unit.value}s at {utilisation:.0%} load, {memory_gb:g} GB memory, {storage_tb:g} TB"
            f" {storage_kind.value}, {network_mbps:g} Mbit/s"
        ),
        "coefficients of SPECpower, Boavizta and Azure GreenSKU (table server_power_coefficient)"
        + ("" if tariff is not None else "; give --tariff USD/KWH for the cost"),
    )
    if pue is None:
        pue = fact_table("tariff_zone_fact")["US"]["pue_ratio"]  # as own hardware is costed
    rate = published_rate(load_settings().paths, currency.upper())
    emit_figures(in_currency(figures(server, pue, tariff), currency.upper(), rate), form, title)
