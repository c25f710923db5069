"""The published tables are whole: one's own figures are in them, their keys hold, and costs can be computed again."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from jinja2 import Environment

from costmodel.money import COMPONENTS
from flows import dbt
from flows.config_tables import BOUNDS, WHOLE_BOUNDS, DemandProfile, Scenario
from flows.costing import cost_rows, plan_rows
from flows.settings import Settings
from tests.flows.conftest import Night
from tests.flows.small_tables import made
from tests.seed_tables import rows

ROOT = Path(__file__).parents[2]
#: What docs/bi.md says of keys.
PAGE = (ROOT / "docs" / "bi.md").read_text().split("## Keys and joins")[1].split("\n## ")[0]
SERVICE = {"model": "qwen3-32b", "requests_per_day": 5000, "input_tokens": 900, "output_tokens": 250}
TALK = "dialogue-llama-70b"


def scenarios(*names: str, **given: Any) -> list[dict[str, Any]]:
    """Published figures of services, where these names are one's own."""
    own = {name: Scenario(**SERVICE, **given) for name in names}
    return made("reference_scenario", Settings(scenarios=own))


def test_a_service_of_ones_own_stands_beside_the_built_in_ones() -> None:
    found = scenarios("mine", ttft_p95_ms=800)
    mine = {row["attribute"]: row for row in found if row["scenario"] == "mine"}
    assert (mine["requests_per_day"]["value"], mine["requests_per_day"]["unit"]) == (5000, "1/day")
    assert {name: row["value"] for name, row in mine.items()} == {
        "requests_per_day": 5000, "input_tokens": 900, "output_tokens": 250, "cache_hit_ratio": 0,
        "output_length_bias_ratio": 1.91, "ttft_p95_ms": 800, "peak_to_average_ratio": 2, "min_replicas": 2,
        "spare_nodes": 1, "target_utilisation_ratio": 0.8,
    }  # fmt: skip
    names = ("scenario_id", "name", "model", "demand_profile", "interruption_tolerated", "allowed_precisions")
    for row in mine.values():
        assert [row[name] for name in names] == ["mine", "mine", "qwen3-32b", "regional-day", False, "bf16;fp8"]
        assert (row["assumed"], row["source"], row["as_of"]) == (False, "costwatt.toml", None)
        assert row["low"] == row["value"] == row["high"], "what is given has no interval"
    built_in = [row for row in found if row["scenario"] != "mine"]
    assert built_in == scenarios()
    assert found == sorted(found, key=lambda row: (row["scenario"], row["attribute"]))


def test_built_in_services_keep_their_intervals_sources_and_dates() -> None:
    found = scenarios()
    published = {
        (row["scenario"], row["attribute"]): (row["value"], row["low"], row["high"], row["source"], row["as_of"])
        for row in found
    }
    assert published == {
        (row["scenario"], row["attribute"]): (
            float(row["value"]), float(row["low"]), float(row["high"]), row["source"], row["as_of"],
        )
        for row in rows("scenario_fact")
    }  # fmt: skip
    assert all(row["scenario"] == row["scenario_id"] for row in found)


def test_a_built_in_service_that_is_replaced_is_not_half_of_each() -> None:
    found = [row for row in scenarios(TALK) if row["scenario"] == TALK]
    assert {row["source"] for row in found} == {"costwatt.toml"}
    assert {row["model"] for row in found} == {"qwen3-32b"}
    assert "ttft_p95_ms" not in {row["attribute"] for row in found}, "the built-in one has a target"


def test_every_figure_of_a_service_has_a_unit() -> None:
    figures = {*BOUNDS, *WHOLE_BOUNDS, "output_length_bias_ratio"}
    every = dict.fromkeys(("ttft_p95_ms", "itl_mean_ms", "peak_to_average_ratio"), 20)
    found = {row["attribute"]: row["unit"] for row in scenarios("mine", **every) if row["scenario"] == "mine"}
    assert found.keys() == figures
    assert all(found.values())


def test_a_profile_of_ones_own_stands_beside_the_built_in_ones() -> None:
    profile = DemandProfile(requests_by_hour=[3.0] * 12 + [1.0] * 12)
    found = made("reference_demand_profile", Settings(demand_profiles={"office": profile}))
    mine = [row for row in found if row["demand_profile"] == "office"]
    assert [row["hour"] for row in mine] == [*range(24)]
    assert [row["share_of_day"] for row in mine] == pytest.approx([3 / 48] * 12 + [1 / 48] * 12)
    assert {(row["source"], row["as_of"]) for row in mine} == {("costwatt.toml", None)}
    public = [row for row in found if row["demand_profile"] != "office"]
    assert len(public) == len(rows("demand_profile"))
    assert all(row["source"] and row["as_of"] for row in public)


def test_what_costs_are_computed_by_is_published_with_source_and_date() -> None:
    coefficients = {(row["family"], row["attribute"]): row for row in made("reference_serving_coefficient")}
    assert coefficients.keys() == {(row["family"], row["attribute"]) for row in rows("serving_coefficient")}
    assert coefficients["prior", "node_power_ratio"]["unit"] == "ratio"
    served = {(row["provider"], row["sku"], row["model"]): row for row in made("reference_token_model")}
    assert len(served) == len(rows("token_model"))
    fast = served["cloudflare", "@cf/meta/llama-3.1-70b-instruct-fp8-fast", "llama-3.1-70b"]
    assert (fast["equivalence"], fast["precision"], fast["note"], fast["price_as_of"]) == (
        "same_weights", "fp8", None, None,
    )  # fmt: skip
    unknown = served["openai", "gpt-5", "chatgpt-2025-100b"]
    assert (unknown["equivalence"], unknown["precision"], unknown["note"]) == ("substitute", None, "successor")
    for table in (coefficients, served):
        assert list(table) == sorted(table)
        assert all(row["source"] and row["as_of"] for row in table.values())


def grains() -> dict[str, list[str]]:
    """Key of each published table, as the checks of a night have them."""
    found: dict[str, list[str]] = {}
    for check in ("one_row_per_key", "decisions_one_row_per_key"):
        template = Environment(autoescape=False).from_string((dbt.sql_folder() / "tests" / f"{check}.sql").read_text())  # noqa: S701
        found |= template.make_module({"repeated_keys": str}).grains  # type: ignore[attr-defined]
    return {table.removeprefix("reference_"): key for table, key in found.items()}


def told_keys() -> dict[str, list[str]]:
    """Key of each published table, as the page says it."""
    found: dict[str, list[str]] = {}
    last: list[str] = []
    for tables, key in re.findall(r"^\| (`.*?) \| (.*) \|$", PAGE, re.MULTILINE):
        same = last if key.startswith("the same") else []
        last = [*same, *re.findall("`(.*?)`", re.sub(r" \(.*?\)", "", key))]
        found |= dict.fromkeys(re.findall("`(.*?)`", tables), last)
    return found


def repeated(check: str, con: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
    """What a check of keys finds in tables of their marts' names."""
    macro = (dbt.sql_folder() / "macros" / "grain.sql").read_text()
    jinja = Environment(autoescape=False)  # noqa: S701  SQL of our own
    return con.execute(jinja.from_string(macro + check).render(ref=str)).fetchall()


def test_the_page_says_the_keys_that_a_night_is_checked_by() -> None:
    told = told_keys()
    assert told.pop("cost_by_day") == ["cost_date", "scenario_id", "option_id"], "it repeats cost_history"
    assert told == grains()


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([("gp3", "GB", 0), ("gp3", "IOPS", 0)], []),
        ([("gp3", "GB", 0), ("gp3", "GB", 0)], [("service_price", "gp3/GB/0", 2)]),
        ([("gp3/GB", "GB", 0), ("gp3", "GB/GB", 0)], []),
        ([("gp3", None, 0), ("gp3", None, 0)], [("service_price", "gp3/0", 2)]),
    ],
)
def test_a_repeated_key_is_found_and_alike_ones_are_not(rows: list[Any], found: list[Any]) -> None:
    with duckdb.connect() as con:
        con.execute("create table service_price (product varchar, unit varchar, tier_start integer)")
        con.executemany("insert into service_price values (?, ?, ?)", rows)
        check = "{{ repeated_keys({'service_price': ['product', 'unit', 'tier_start']}) }}"
        assert repeated(check, con) == found


@pytest.mark.night
def test_every_published_table_is_listed_and_has_a_key_or_is_known_to_have_none(live_night: Night) -> None:
    found = live_night.rows("select table_name from information_schema.tables where table_schema = 'main'")
    published = {str(table) for (table,) in found}
    assert published == {*told_keys()} | {"alert", "quarantine", "run"}
    readme = (ROOT / "README.md").read_text().split("## What it publishes")[1].split("\n## ")[0]
    listed = {name for row in re.findall(r"^\| (`.*?) \|", readme, re.MULTILINE) for name in re.findall("`(.*?)`", row)}
    assert listed == published


@pytest.mark.night
@pytest.mark.parametrize("statement", re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL))
def test_the_joins_of_the_page_keep_each_cost_once(live_night: Night, statement: str) -> None:
    wanted = "rank = 1" if "cost.rank = 1" in statement else "true"
    ours = live_night.rows(f"select scenario_id, option_id from ({statement}) order by all")
    assert ours == live_night.rows(f"select scenario_id, option_id from daily_cost where {wanted} order by all") != []


#: The published tables as the cost model takes them; figures that are long there are wide here.
WIDE = {
    "scenario": "scenario_id, model, demand_profile, interruption_tolerated, allowed_precisions",
    "accelerator": "accelerator, family",
}
TABLES = {
    "scenario": "wide_scenario",
    "accelerator": "wide_accelerator",
    "option": "(select * exclude (source, quality) replace (coalesce(tier_start_tokens, 0) as tier_start_tokens)"
    " from night.option)",
    "model": "(select distinct model, model_type, architecture from night.model)",
    "model_fact": "night.model",
    "software_support": "night.software_support",
    "serving_coefficient": "night.serving_coefficient",
    "token_model": "(select * replace (coalesce(precision, 'unknown') as precision), sku as provider_model"
    " from night.token_model)",
    "demand_profile": "(select *, demand_profile as profile from night.demand_profile)",
    "assumption": "night.assumption",
    "measured": "measured",
}
#: Measurements of one's own, which nobody made here.
MEASURED = (
    "model varchar, accelerator varchar, precision varchar, measured_accelerators double, measured_input_tokens double,"
    " measured_output_tokens double, measured_output_tok_s double, measured_itl_ms double, measured_group_w double"
)


@pytest.mark.night
def test_a_published_cost_is_computed_again_from_the_published_tables_alone(live_night: Night) -> None:
    parts = [part.name for part in COMPONENTS]
    amounts = ", ".join(f"{name}::decimal(18, 4) as {name}" for name in (*parts, "usd_per_day_low", "usd_per_day_high"))
    figures = f"select scenario_id, option_id, status, batch::integer as batch, {amounts} from {{}} order by all"
    with duckdb.connect() as con:
        con.execute(f"attach '{(live_night.home / 'published' / 'cost.duckdb').resolve()}' as night (read_only)")
        for table, identity in WIDE.items():
            con.execute(
                f"create table wide_{table} as pivot (select {identity}, attribute, value from night.{table})"
                f" on attribute using max(value) group by {identity}"
            )
        con.execute(f"create table measured ({MEASURED})")
        con.register("plans", plan_rows(con, TABLES))
        con.register("computed", pa.concat_tables(cost_rows(con, {**TABLES, "serving_plan": "plans"}, draws=2048)))
        ours = con.execute(figures.format("computed")).fetchall()
        theirs = con.execute(figures.format("night.daily_cost")).fetchall()
    assert len(ours) > 500
    assert ours == theirs
