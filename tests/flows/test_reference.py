"""The project's SQL without dbt."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.reference import open_reference, rows_of
from flows.settings import load_settings


def test_staging_models_give_wide_rows(tmp_path: Path) -> None:
    reference = open_reference(load_settings(home=tmp_path))
    statement = f"from {reference['stg_accelerator']} where accelerator = 'h100-sxm'"
    (h100,) = rows_of(reference.con, statement)
    assert (h100["family"], h100["tdp_w"], h100["memory_gb"]) == ("hopper", 700, 80)


def test_own_assumptions_and_scenarios_win(tmp_path: Path) -> None:
    own = {
        "assumptions": {"cost_of_capital_ratio": {"value": 0.08}},
        "scenarios": {"mine": {"model": "qwen3-8b", "requests_per_day": 5, "input_tokens": 10, "output_tokens": 20}},
    }
    reference = open_reference(load_settings(home=tmp_path, **own))
    (capital,) = rows_of(
        reference.con, f"from {reference['stg_assumption']} where assumption = 'cost_of_capital_ratio'"
    )
    assert (capital["value"], capital["low"], capital["source"]) == (0.08, 0.08, "costwatt.toml")
    (mine,) = rows_of(reference.con, f"from {reference['stg_scenario']} where scenario_id = 'mine'")
    assert (mine["output_tokens"], mine["demand_profile"]) == (20, "regional-day")
    assert mine["output_length_bias_ratio"] == 1.91


def test_a_relation_can_stand_in_for_a_model(tmp_path: Path) -> None:
    reference = open_reference(load_settings(home=tmp_path), {"model": "(select 'x' as model)"})
    assert reference["model"] == "(select 'x' as model)"


def test_a_model_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="stg_nothing"):
        open_reference(load_settings(home=tmp_path)).rendered("stg_nothing")
