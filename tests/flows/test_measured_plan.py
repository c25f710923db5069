"""A measurement of costwatt.toml is the plan of its accelerator, whatever the physics says of other formats."""

from __future__ import annotations

from typing import Any

import pytest

from flows.config_tables import Measured
from flows.costing import plan_rows
from flows.reference import open_reference
from flows.settings import Settings
from flows.what_if import tables_of

SCENARIO = "dialogue-llama-70b"
SHAPES = """(
    select 'h100-sxm' as accelerator, unnest([8, 2]) as accelerators_per_node, 1.0 as accelerator_fraction,
        3200.0 as scale_out_gbit_s, 10200.0 as server_max_power_w,
        2410.0 as server_idle_power_w
)"""


def measured(**changes: object) -> Measured:
    deployment = {
        "model": "llama-3.1-70b",
        "accelerator": "h100-sxm",
        "precision": "bf16",
        "count": 4,
        "input": 1155,
        "output": 211,
        "tok_s": 900,
        "itl_ms": 40,
    }
    return Measured.model_validate(deployment | changes)


def plans(*given: Measured) -> dict[tuple[float, str], dict[str, Any]]:
    """Plans of the default scenario by accelerators per node and precision."""
    reference = open_reference(Settings(measured=list(given)), {"opt_all": SHAPES}, "2026-11-22")
    with reference.con:
        scenario = f"(from {reference['stg_scenario']} where scenario_id = '{SCENARIO}')"
        rows = plan_rows(reference.con, tables_of(reference) | {"scenario": scenario}).to_pylist()
    return {(row["accelerators_per_node"], row["precision"]): row for row in rows}


def test_without_measurements_every_allowed_format_is_planned() -> None:
    assert set(plans()) == {(8, "bf16"), (8, "fp8"), (2, "bf16"), (2, "fp8")}


def test_a_slow_measurement_is_not_beaten_by_the_physics_of_another_format() -> None:
    found = plans(measured())
    assert set(found) == {(8, "bf16"), (2, "bf16"), (2, "fp8")}, "two accelerators are not what was measured"
    assert found[8, "bf16"]["output_tok_s_per_replica"] == 900
    assert found[8, "bf16"]["evidence"] == "measured"
    assert found[2, "fp8"]["evidence"] == "measured", "the calibrated accelerator"
    assert found[2, "fp8"]["output_tok_s_per_replica"] != 900


def test_another_measured_format_stays_beside_it() -> None:
    found = plans(measured(), measured(precision="fp8", tok_s=1500))
    assert found[8, "fp8"]["output_tok_s_per_replica"] == 1500
    assert found[8, "bf16"]["output_tok_s_per_replica"] == 900


def test_of_two_loads_the_one_that_meets_the_target_is_taken() -> None:
    found = plans(measured(tok_s=1400, itl_ms=70), measured())
    assert (found[8, "bf16"]["output_tok_s_per_replica"], found[8, "bf16"]["status"]) == (900, "ok")


@pytest.mark.parametrize("change", [{"input": 3000}, {"accelerator": "a100-sxm-80"}, {"model": "llama-3.1-8b"}])
def test_another_deployment_leaves_the_physics_alone(change: dict[str, object]) -> None:
    assert plans(measured(**change)) == plans()
