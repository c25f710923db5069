"""Power of accelerators, of nodes with accelerators, and of plain servers by parts [W]."""

from __future__ import annotations

import numpy as np

from costmodel.coefficients import Coefficients
from costmodel.serving_inputs import Node
from costmodel.types import Array, Numbers


def accelerator_power_w(
    tdp_w: Numbers,
    memory_bandwidth_utilisation: Numbers,
    compute_utilisation: Numbers,
    coefficients: Coefficients,
) -> Array:
    """Power of an accelerator while it serves.

    P = limit x min(1, static + bandwidth x MBU + compute x sqrt(MFU)): clocks and voltage are up whenever kernels
    run, bytes cost in proportion, and matrix power saturates (form chosen on measured runs of H100 and B200).

    Args:
        tdp_w: Power limit [W].
        memory_bandwidth_utilisation: Bytes moved over what the bandwidth allows [ratio].
        compute_utilisation: FLOP done over what the dense peak allows [ratio].
        coefficients: Power ratios of the family.

    Returns:
        Power of one accelerator [W].
    """
    ratio = (
        coefficients.power_static_ratio
        + coefficients.power_bandwidth_ratio * np.asarray(memory_bandwidth_utilisation)
        + coefficients.power_compute_ratio * np.sqrt(compute_utilisation)
    )
    return np.asarray(tdp_w * np.minimum(ratio, 1.0))


def idle_power_w(tdp_w: Numbers, measured_idle_w: Numbers, idle_power_ratio: Numbers) -> Array:
    """Idle power of an accelerator: the measured figure, else the family's share of the limit [W]."""
    return np.where(np.isnan(measured_idle_w), np.asarray(idle_power_ratio) * tdp_w, measured_idle_w)


def node_power_w(
    node: Node,
    accelerator_w: Numbers,
    coefficients: Coefficients,
    max_power_w: Numbers = np.nan,
    known_idle_w: Numbers = np.nan,
) -> tuple[Array, Array]:
    """Wall power of a node with accelerators, idle and under load.

    What the nameplate leaves beyond the accelerators' limits is the host: CPUs, memory, network, fans, conversion
    losses. The host draws a measured share of it, idle and under load.

    Args:
        node: Node types.
        accelerator_w: Power of one accelerator under load, as ``ServingPlan.accelerator_watts`` [W].
        coefficients: Power ratios of each row.
        max_power_w: Nameplate of the node at the wall [W]; NaN: the usual ratio to its accelerators.
        known_idle_w: Idle power of the whole node at the wall [W]; NaN: its parts'.

    Returns:
        Idle power and power under load; neither above the nameplate [W].
    """
    held = np.asarray(node.accelerators) * node.accelerator_fraction
    limit_w = held * node.tdp_w
    nameplate_w = np.where(np.isnan(max_power_w), limit_w * coefficients.node_power_ratio, max_power_w)
    host_w = np.maximum(nameplate_w - limit_w, 0.0)
    accelerators_idle_w = held * idle_power_w(node.tdp_w, node.idle_w, coefficients.idle_power_ratio)
    parts_idle_w = accelerators_idle_w + host_w * coefficients.host_idle_ratio
    idle_w = np.where(np.isnan(known_idle_w), parts_idle_w, known_idle_w)
    load_w = np.asarray(node.accelerators) * accelerator_w + host_w * coefficients.host_load_ratio
    return np.minimum(idle_w, nameplate_w), np.minimum(load_w, nameplate_w)
