"""A plain server by parts, and the formulas that the project began with."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from costmodel.server_power import server_power
from costmodel.training import training_flop
from flows.measured import fact_table

PARTS = fact_table("server_power_coefficient")


def test_a_server_by_parts() -> None:
    # 32 vCPU of Cascade Lake at 50 %, 128 GB, 1 TB of SSD, 1 Gbit/s: worked by hand from the same coefficients
    power = server_power(32, 128, 1, 1000, 0.5, PARTS)
    assert power.cpu_w == pytest.approx(76.0, abs=0.1)
    assert power.memory_w == pytest.approx(50.2, abs=0.1)
    assert power.storage_w == pytest.approx(1.2)
    assert power.network_w == pytest.approx(10.1, abs=0.05)
    assert power.board_w == 35.0
    assert power.fans_w == pytest.approx(17.3, abs=0.1)
    assert power.total_w == pytest.approx(209.7, rel=0.005)
    assert power.total_w * 1.54 * 24 / 1000 == pytest.approx(7.75, rel=0.005)  # kWh a day at PUE 1.54


def test_the_original_power_formula_and_what_is_wrong_with_it() -> None:
    cpu_count, memory_gb, storage_tb, network_mbps = 32, 128, 1, 1000
    total_power = cpu_count * 150 + memory_gb * 10 + storage_tb * 30 + network_mbps * 10
    cost = total_power * 24 * 30  # "yuan"
    assert (total_power, cost) == (16_110, 11_599_200)
    # Watt-hours of 30 days, not money: no tariff, no kilowatt, a month called a day. At .0826 USD/kWh and PUE 1.54
    # the same server costs cents a day.
    power = server_power(cpu_count, memory_gb, storage_tb, network_mbps, 0.5, PARTS)
    assert float(power.total_w) * 1.54 * 24 / 1000 * 0.0826 == pytest.approx(0.64, abs=0.01)
    assert network_mbps * 10 / float(power.network_w) > 900  # 10 W per Mbit/s makes one port 10 kW
    assert memory_gb * 10 / float(power.memory_w) > 25
    assert storage_tb * 30 / float(power.storage_w) >= 25
    # 150 W is right for a socket, absurd for one of its threads
    socket = server_power(1, 0, 0, 0, 0.5, PARTS, cpu_unit="socket")
    assert 100 < float(socket.cpu_w) < 260
    assert cpu_count * 150 / float(power.cpu_w) > 60


def test_the_original_flops_formula_and_what_is_wrong_with_it() -> None:
    params, data_tokens, tokens_per_second = 175e9, 300e9, 50.0
    original = params * data_tokens * tokens_per_second
    # It multiplies a training total by a serving rate: FLOP and FLOP/s. Apart, they are 6 N D and 2 N S.
    assert training_flop(params, data_tokens) == pytest.approx(3.15e23)
    serving_flop_s = 2.0 * params * tokens_per_second
    assert serving_flop_s == pytest.approx(1.75e13)
    assert original / float(training_flop(params, data_tokens)) == pytest.approx(tokens_per_second / 6.0)


def test_a_socket_follows_its_measured_curve() -> None:
    loads = np.array([0.0, 1.0])
    watts = server_power(1, 0, 0, 0, loads, PARTS, cpu_unit="socket").cpu_w
    assert watts.tolist() == pytest.approx([35.6, 260.0], rel=0.005)


def test_ucs_c240_m5_is_between_its_peers() -> None:
    # Two sockets and 384 GB. SPECpower peers with 96-192 GB: 423-461 W at full load; m5.metal with 384 GB: 958 W.
    full = server_power(2, 384, 4, 10_000, 1.0, PARTS, cpu_unit="socket").total_w
    assert 423 < full < 958


def test_fifth_generation_epyc_is_below_cascade_lake() -> None:
    epyc = server_power(64, 0, 0, 0, 1.0, PARTS, cpu="cpu-epyc-5").cpu_w
    assert float(epyc) == pytest.approx(96.0)
    assert epyc < server_power(64, 0, 0, 0, 1.0, PARTS).cpu_w


def test_a_hard_disk_per_terabyte_draws_less_than_flash() -> None:
    assert server_power(0, 0, 10, 0, 0, PARTS, storage_kind="hdd").storage_w == pytest.approx(6.5)


@given(load=st.floats(0.0, 0.9), more=st.floats(0.0, 0.1), unit=st.sampled_from(["vcpu", "socket"]))
def test_more_load_never_lowers_watts(load: float, more: float, unit: str) -> None:
    first, second = (server_power(4, 64, 1, 100, at, PARTS, cpu_unit=unit).total_w for at in (load, load + more))
    assert second >= first
