"""A bill taken apart, and two side by side: everything sums, and everything says where it comes from."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

import pytest

from tests.flows.conftest import Night

CLOUD = "azure/eastus/Standard_NC80adis_H100_v5/on_demand"
OWNED = "onprem/DE/dgx-h100/owned"
MIX = "azure/eastus/Standard_NC80adis_H100_v5/mix"
API = "api/aws/global/meta.llama3-1-70b-instruct-v1:0/standard"


def rows_of(night: Night, *arguments: str) -> list[dict[str, Any]]:
    done = night.run(*arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def published(night: Night, option: str) -> dict[str, float]:
    lines = night.rows(
        "select component, usd_per_day::double, usd_per_day_low::double, usd_per_day_high::double"
        f" from daily_cost_component where scenario_id = 'dialogue-llama-70b' and option_id = '{option}'"
    )
    return {str(c): (value, low, high) for c, value, low, high in lines}  # type: ignore[misc]


@pytest.mark.parametrize("option", [CLOUD, OWNED, API])
def test_the_components_are_the_published_ones(offline_night: Night, option: str) -> None:
    found = {
        row["component"]: (row["usd_per_day"], row["usd_per_day_low"], row["usd_per_day_high"])
        for row in rows_of(offline_night, "explain", option)
        if row["usd_per_day_high"]
    }
    lines = published(offline_night, option)
    assert found.keys() == lines.keys()
    for component, figures in lines.items():
        assert found[component] == pytest.approx(figures, abs=1e-4), component


@pytest.mark.parametrize("option", [CLOUD, OWNED, API])
def test_every_figure_says_where_it_comes_from_and_in_which_unit(offline_night: Night, option: str) -> None:
    for row in rows_of(offline_night, "explain", option):
        assert row["source"] or row["computed"], row["input"]
        assert row["unit"], row["input"]


def test_figures_lead_to_their_rows(offline_night: Night) -> None:
    inputs = {row["input"]: row for row in rows_of(offline_night, "explain", OWNED)}
    assert inputs["server_price_usd"]["value"] == 270000
    assert (inputs["server_price_usd"]["low"], inputs["server_price_usd"]["high"]) == (270000, 329580)
    assert inputs["server_price_usd"]["as_of"] == "2023-05"
    assert "SemiAnalysis" in inputs["server_price_usd"]["source"]
    assert inputs["usd_per_kwh"]["source"].startswith("static_tariffs DE")
    assert inputs["pue_ratio"]["source"].startswith("Uptime Institute")
    assert inputs["requests_per_day"]["source"] == "scenario definition"
    assert inputs["accelerators_per_node"]["source"] == "server dgx-h100"
    rented = {row["input"]: row for row in rows_of(offline_night, "explain", CLOUD)}
    node = rented["accelerators_per_node"]
    assert (node["value"], node["unit"], node["as_of"]) == (2, "1", "2026-11-21")
    assert node["source"].startswith("node_type Standard_NC80adis_H100_v5: ")
    price = rented["usd_per_hour"]
    assert price["value"] == 13.96
    assert "Standard_NC80adis_H100_v5 eastus on_demand" in price["source"]


def test_a_mix_names_the_rows_of_both_its_prices(offline_night: Night) -> None:
    inputs = {row["input"]: row["source"] for row in rows_of(offline_night, "explain", MIX)}
    assert inputs["usd_per_hour"].endswith("reserved_3y: Standard_NC80adis_H100_v5 eastus reserved_3y")
    assert inputs["on_demand_usd_per_hour"] == "bundled_prices Standard_NC80adis_H100_v5 eastus on_demand"


def test_a_person_reads_total_plan_price_and_formulas(offline_night: Night) -> None:
    text = offline_night.run("explain", CLOUD).stdout
    ((total,),) = offline_night.rows(
        f"select usd_per_day from daily_cost where option_id = '{CLOUD}' and scenario_id = 'dialogue-llama-70b'"
    )
    assert f"{total:,.2f} USD per day" in text
    assert "nodes of 2 x h100-nvl" in text
    assert "version  Azure retail prices of 2026-08-22" in text
    assert "= committed nodes * 24 h * usd/hour" in text
    assert re.search(r"^node_hours_per_day .* h +paid node-hours, from the lines below", text, re.MULTILINE)


def test_an_option_without_cost_says_why(offline_night: Night) -> None:
    ((option, status),) = offline_night.rows(
        "select option_id, status from daily_cost where scenario_id = 'dialogue-llama-70b'"
        " and status = 'does_not_fit' order by 1 limit 1"
    )
    done = offline_night.run("explain", str(option))
    assert done.returncode == 0
    assert f"no cost: {status}: " in done.stdout


def test_two_options_differ_by_the_difference_of_their_lines(offline_night: Night) -> None:
    rows = rows_of(offline_night, "compare", CLOUD, OWNED)
    sums: dict[str, float] = defaultdict(float)
    for row in rows:
        if row["kind"] == "component" and not row["name"].startswith("total"):
            sums["first"] += row["first"]
            sums["second"] += row["second"]
    (total,) = [row for row in rows if row["name"] == "total"]
    assert sums == pytest.approx({"first": total["first"], "second": total["second"]}, abs=1e-3)
    assert total["second_minus_first"] == pytest.approx(total["second"] - total["first"])
    inputs = {row["name"]: (row["first"], row["second"]) for row in rows if row["kind"] == "input"}
    assert inputs["accelerators_per_node"] == (2, 8)
    assert inputs["accelerator"] == ("h100-nvl", "h100-sxm")
    assert "requests_per_day" not in inputs


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("explain", "onprem/DE/dgx-h100"), "near names: onprem/"),
        (("explain", OWNED, "--scenario", "dialogue"), "near names: dialogue-llama-70b"),
        (("explain", OWNED, "--date", "2020-01-01"), "kept are 2026-"),
        (("compare", OWNED, "nonsense"), "not known"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(offline_night: Night, arguments: tuple[str, ...], why: str) -> None:
    done = offline_night.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("explain", API), ("compare", OWNED, API)])
def test_a_token_option_of_another_model_is_refused(offline_night: Night, command: tuple[str, ...]) -> None:
    done = offline_night.run(*command, "--scenario", "code-gpt-oss-120b")
    assert done.returncode == 2
    assert re.search(r"serves (another|this scenario's) model", done.stderr)
