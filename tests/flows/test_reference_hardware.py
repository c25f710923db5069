"""Accelerators, servers and software support against published figures and known errors."""

from __future__ import annotations

import itertools

import pytest

from tests.seed_tables import facts, ids, intervals, rows

FAMILY = {row["accelerator"]: row["family"] for row in rows("accelerator")}
WITHOUT_FP8 = {"volta", "turing", "ampere", "cdna2"}


def test_the_fleet_of_the_clouds_and_of_own_rooms_is_there() -> None:
    assert len(ids("accelerator", "accelerator")) >= 40
    assert len(ids("server", "server")) >= 10
    assert ids("accelerator", "accelerator") >= {
        "v100-sxm2-16", "t4", "a10", "a10g", "a100-pcie-40", "a100-pcie-80", "a100-sxm-40", "a100-sxm-80", "h100-sxm",
        "h100-pcie", "h100-nvl", "h200-sxm", "b200-sxm", "b300-sxm", "gb200", "gb300", "mi300x", "mi325x", "mi355x",
        "l4", "l40s", "rtx-pro-6000-se", "m60", "trn1", "trn2", "trn3", "inf1", "inf2", "gaudi3", "tpu-v5e",
    }  # fmt: skip
    assert ids("server", "server") >= {
        "dgx-a100-320", "dgx-h100", "dgx-h200", "dgx-b200", "dgx-b300", "gb200-nvl72", "ucs-c240-m5",
        "ucs-c240-m5-2xt4", "ucs-c240-m5-2xa100-pcie-40",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("accelerator", "attribute", "published", "sparse"),
    [
        ("a100-sxm-80", "bf16_dense_tflops", 312, 624),
        ("h100-sxm", "bf16_dense_tflops", 989, 1979),
        ("h100-sxm", "fp8_dense_tflops", 1979, 3958),
        ("h200-sxm", "fp8_dense_tflops", 1979, 3958),
        ("l4", "fp8_dense_tflops", 242, 485),
        ("l40s", "bf16_dense_tflops", 362, 733),
        ("l40s", "fp8_dense_tflops", 733, 1466),
        ("b200-sxm", "bf16_dense_tflops", 2250, 4500),
        ("b200-sxm", "fp8_dense_tflops", 4500, 9000),
        ("b200-sxm", "fp4_dense_tflops", 9000, 18000),
        ("mi300x", "fp8_dense_tflops", 2615, 5230),
    ],
)
def test_peaks_are_dense(accelerator: str, attribute: str, published: float, sparse: float) -> None:
    assert facts("accelerator_fact")[accelerator, attribute] == pytest.approx(published, rel=0.01)
    assert intervals("accelerator_fact")[accelerator, attribute][1] < 0.9 * sparse


def test_halving_the_bits_at_most_doubles_a_gpu() -> None:
    peak = facts("accelerator_fact")
    vendors = {row["accelerator"] for row in rows("accelerator") if row["vendor"] in ("nvidia", "amd", "intel")}
    for accelerator in vendors:
        wide = peak.get((accelerator, "bf16_dense_tflops"))
        narrow = peak.get((accelerator, "fp8_dense_tflops"))
        if wide and narrow:
            assert 1.0 <= narrow / wide <= 2.05, accelerator


def test_no_fp8_peak_where_the_hardware_has_none() -> None:
    with_fp8 = {accelerator for accelerator, attribute in facts("accelerator_fact") if attribute == "fp8_dense_tflops"}
    assert {accelerator for accelerator in with_fp8 if FAMILY[accelerator] in WITHOUT_FP8} == set()


@pytest.mark.parametrize(
    ("accelerator", "attribute", "low", "high"),
    [
        ("b200-sxm", "memory_bandwidth_gb_s", 7700, 8000),
        ("b200-sxm", "memory_gb", 180, 192),
        ("b300-sxm", "memory_gb", 268, 270),
        ("b300-sxm", "fp4_dense_tflops", 13500, 14000),
        ("gaudi3", "bf16_dense_tflops", 1678, 1835),
        ("mi355x", "bf16_dense_tflops", 2340, 2516),
        ("a100-pcie-40", "tdp_w", 250, 300),
        ("trn2", "memory_bandwidth_gb_s", 2900, 3000),
    ],
)
def test_sources_that_disagree_span_the_interval(accelerator: str, attribute: str, low: float, high: float) -> None:
    assert intervals("accelerator_fact")[accelerator, attribute] == (low, high)


@pytest.mark.parametrize(
    ("server", "memory_gb"),
    [("dgx-a100-320", 320), ("dgx-h100", 640), ("dgx-h200", 1128), ("dgx-b200", 1440), ("dgx-b300", 2144),
     ("gb200-nvl72", 13392), ("gb300-nvl72", 20088), ("ucs-c240-m5-2xt4", 32)],
)  # fmt: skip
def test_accelerators_of_a_server_add_up_to_its_published_memory(server: str, memory_gb: float) -> None:
    row = next(row for row in rows("server") if row["server"] == server)
    assert int(row["accelerators"]) * facts("accelerator_fact")[row["accelerator"], "memory_gb"] == memory_gb


@pytest.mark.parametrize(
    ("accelerator", "driver_mib"),
    [("h100-sxm", 81559), ("h200-sxm", 143771), ("b200-sxm", 183359), ("b300-sxm", 275040), ("gb200", 189471),
     ("gb300", 284208)],
)  # fmt: skip
def test_memory_is_what_the_driver_shows_in_binary_gigabytes(accelerator: str, driver_mib: float) -> None:
    """Totals of nvidia-smi: vendors round GiB up, and what is on the stacks but not enabled does not count."""
    memory_gib = facts("accelerator_fact")[accelerator, "memory_gb"]
    assert memory_gib == pytest.approx(driver_mib / 1024, rel=0.006)


def test_the_server_edition_is_slower_than_the_workstation_card() -> None:
    assert facts("accelerator_fact")["rtx-pro-6000-se", "memory_bandwidth_gb_s"] == 1597


def test_a_server_can_power_its_accelerators_and_idles_below_that() -> None:
    watts = facts("server_fact")
    for row in rows("server"):
        own = int(row["accelerators"]) * facts("accelerator_fact").get((row["accelerator"], "tdp_w"), 0)
        assert watts[row["server"], "max_power_w"] > own, row["server"]
        assert watts[row["server"], "idle_power_w"] < 0.3 * watts[row["server"], "max_power_w"], row["server"]


def test_software_support_answers_every_question() -> None:
    grid = itertools.product(
        ids("accelerator", "family"), ("dense", "moe", "mla"), ("bf16", "fp8", "int8", "int4", "fp4")
    )
    given = {(row["family"], row["architecture"], row["precision"]): row["support"] for row in rows("software_support")}
    assert set(given) == set(grid)
    assert set(given.values()) == {"native", "weight_only", "no", "unknown"}


def test_native_fp8_and_fp4_need_the_units_in_hardware() -> None:
    native = {(row["family"], row["precision"]) for row in rows("software_support") if row["support"] == "native"}
    assert not {family for family, precision in native if precision == "fp8"} & WITHOUT_FP8
    assert {family for family, precision in native if precision == "fp4"} == {"blackwell", "cdna4"}
    assert ("blackwell", "int8") not in native
