"""Watts of accelerators and nodes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.power import accelerator_power_w, idle_power_w, node_power_w
from tests.serving_cases import case, dialogue

H100 = case("llama-3.1-70b", "h100-sxm")


@given(
    bandwidth=st.floats(0.0, 1.0),
    compute=st.floats(0.0, 1.0),
    more=st.floats(0.0, 0.5),
    family=st.sampled_from(["h100-sxm", "b200-sxm", "l4"]),
)
def test_more_utilisation_never_lowers_watts(bandwidth: float, compute: float, more: float, family: str) -> None:
    inputs = case("llama-3.1-8b", family)

    def watts(mbu: float, mfu: float) -> float:
        return float(accelerator_power_w(inputs.node.tdp_w, mbu, mfu, inputs.coefficients)[0])

    base = watts(bandwidth, compute)
    assert watts(bandwidth + more, compute) >= base
    assert watts(bandwidth, compute + more) >= base
    assert base <= inputs.node.tdp_w[0]


def test_watts_are_far_from_the_limit_in_decode() -> None:
    # ML.ENERGY runs on H100: P5 363 W, median 519 W, P95 665 W of 700 W
    made = dialogue("h100-sxm", "bf16")
    assert 363.0 < made.accelerator_watts[0] < 680.0


def test_a_measured_idle_wins_over_the_share() -> None:
    assert idle_power_w(700.0, 70.0, 0.12) == 70.0
    assert idle_power_w(700.0, np.nan, 0.12) == pytest.approx(84.0)


def test_dgx_h100_draws_seven_tenths_of_its_nameplate() -> None:
    # The worked anchor: 7.14 kW of 10.2 kW while serving; MLPerf v4.1 DGX H200: idle 2.41 kW
    node = replace(H100.node, idle_w=np.array([80.0]))
    idle_w, load_w = node_power_w(node, 550.0, H100.coefficients, 10_200.0)
    assert load_w[0] == pytest.approx(7_140.0, rel=0.05)
    assert idle_w[0] == pytest.approx(2_410.0, rel=0.05)


def test_wall_power_of_other_nodes() -> None:
    # MLPerf v5.1, 8 x B200: 9.0-10.4 kW at the wall while serving; p4d.24xlarge at half load: 3,782 W (Teads)
    b200 = case("llama-3.1-70b", "b200-sxm")
    a100 = case("llama-3.1-70b", "a100-sxm-40")
    _, b200_w = node_power_w(b200.node, 800.0, b200.coefficients, 14_300.0)
    _, a100_w = node_power_w(a100.node, 310.0, a100.coefficients, 5_245.0)
    assert 9_000.0 < b200_w[0] < 10_400.0
    assert a100_w[0] == pytest.approx(3_782.0, rel=0.1)


def test_a_node_without_a_nameplate_takes_the_usual_ratio() -> None:
    known = node_power_w(H100.node, 500.0, H100.coefficients, 1.8 * 8 * 700.0)
    usual = node_power_w(H100.node, 500.0, H100.coefficients)
    assert [watts[0] for watts in usual] == pytest.approx([watts[0] for watts in known])


def test_a_servers_known_idle_power_wins_over_that_of_its_parts() -> None:
    idle_w, load_w = node_power_w(H100.node, 550.0, H100.coefficients, 10_200.0, 745.0)
    assert (idle_w[0], load_w[0]) == (745.0, node_power_w(H100.node, 550.0, H100.coefficients, 10_200.0)[1][0])


def test_a_node_never_exceeds_its_nameplate() -> None:
    # eight limits of 700 W and eight idle cards of 80 W are more than these nameplates
    node = replace(H100.node, idle_w=np.array([80.0]))
    _, load_w = node_power_w(node, 700.0, H100.coefficients, 5_500.0)
    idle_w, _ = node_power_w(node, 700.0, H100.coefficients, 600.0)
    assert (load_w[0], idle_w[0]) == (5_500.0, 600.0)


def test_half_a_card_has_half_its_idle_power_and_half_its_limit() -> None:
    ratios = replace(H100.coefficients, node_power_ratio=1.8, host_idle_ratio=0.5, host_load_ratio=0.75)
    half = replace(H100.node, accelerators=1.0, accelerator_fraction=0.5, tdp_w=700.0, idle_w=80.0)
    # its limit is 350 W, so its host's share 0.8 x 350 = 280 W
    assert node_power_w(half, 300.0, ratios) == pytest.approx((40.0 + 0.5 * 280.0, 300.0 + 0.75 * 280.0))
