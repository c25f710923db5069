"""A negotiated discount through a night: what it changes, who booked it, and what a person reads."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, timedelta
from typing import Any

import pytest

from flows.artifacts import tables
from flows.baseline import BASELINE_DATE
from flows.config_tables import Discount
from flows.discounts import unused
from tests.flows.conftest import Night, command

pytestmark = pytest.mark.night

SIZE = "azure/eastus/Standard_NC80adis_H100_v5"
MIX, ON_DEMAND, OWNED = f"{SIZE}/mix", f"{SIZE}/on_demand", "onprem/DE/dgx-h100/owned"
API = "api/novita/global/meta-llama/llama-3.1-70b-instruct/standard"
HALF_OFF = {"provider": "azure", "purchase_option": "reserved_*", "discount_ratio": 0.5}
NOWHERE = {"purchase_option": "capacity_block_1d", "sku": "p5.48xlarge", "discount_ratio": 0.1}
CHANGED = "[[discount]] of costwatt.toml changed since that night; the figures above have the discounts of the night"
DIALOGUE = "scenario_id = 'dialogue-llama-70b'"


@pytest.fixture(scope="module")
def night(offline_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The day after a night without discounts, with one on Azure's reservations and one on nothing that is sold."""
    home = tmp_path_factory.mktemp("negotiated") / "home"
    shutil.copytree(offline_night.home, home, symlinks=True)
    env = {"COSTWATT_HOME": str(home), "COSTWATT_OFFLINE": "true", "COSTWATT_DISCOUNT": json.dumps([HALF_OFF, NOWHERE])}
    day = date.fromisoformat(BASELINE_DATE) + timedelta(days=1)
    done = Night(home, env, command("refresh", "--date", day.isoformat(), env=env))
    assert done.first.returncode == 0, done.first.stderr
    return done


def headline(text: str) -> str:
    return next(line for line in text.splitlines() if "excluding tax" in line)


def usd(night: Night, option: str) -> tuple[str, str]:
    """Cost and list cost of an option, as people read them."""
    ((paid, listed),) = night.rows(
        f"select usd_per_day, list_usd_per_day from daily_cost where option_id = '{option}' and {DIALOGUE}"
    )
    return f"{paid:,.2f}", f"{listed:,.2f}"


def inputs(night: Night, option: str) -> dict[str, dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(night.run("explain", option, "--format", "json").stdout)
    return {row["input"]: row for row in rows}


def test_a_discount_that_fits_no_price_is_named_by_the_night(night: Night) -> None:
    (line,) = (line for line in night.first.stderr.splitlines() if "[discount." in line)
    assert line == (
        "check: costwatt.toml, [discount.2] fits no price of this night and changes nothing: provider '*',"
        " purchase_option 'capacity_block_1d', sku 'p5.48xlarge'"
    )
    file = (night.home / "published" / "cost.duckdb").resolve()
    found = unused(file, [Discount(purchase_option="*block*", discount_ratio=0.1), Discount(discount_ratio=0.1)])
    assert [line[:28] for line in found] == ["costwatt.toml, [discount.1] "]


def test_the_edit_of_a_discount_is_no_move_of_a_price(night: Night) -> None:
    moved = night.rows(
        "select purchase_option, count(*) > 10, max(abs(by_price_usd)), max(by_discount_usd) < 0,"
        " max(abs(by_discount_usd - change_usd_per_day)) < 0.01 from cost_change"
        " inner join (select distinct option_id, purchase_option from option) using (option_id)"
        " where cost_change_kind = 'cost' group by all order by all"
    )
    assert moved == [(name, True, 0, True, True) for name in ("mix", "reserved_1y", "reserved_3y")]
    parts = json.loads(night.run("why", MIX, "--format", "json").stdout)
    assert {row["factor"] for row in parts if abs(row["usd_per_day"]) > 0.01} == {"discount"}
    alerts = [line for line in night.first.stdout.splitlines() if line.startswith("alert: ") and "->" in line]
    assert alerts
    assert all(re.search(r"; a changed discount moved azure/\S+ by -[0-9,.]+$", line) for line in alerts)


def test_a_negotiated_bill_names_its_list_price_and_discount(night: Night) -> None:
    done = night.run("explain", MIX)
    paid, listed = usd(night, MIX)
    assert paid != listed
    assert headline(done.stdout).startswith(f"  {paid} USD per day (")
    assert headline(done.stdout).endswith(f"; negotiated; list {listed}, excluding tax")
    assert done.stderr == ""
    found = inputs(night, MIX)
    price, at_list = found["usd_per_hour"], found["list_usd_per_hour"]
    assert price["value"] == pytest.approx(at_list["value"] / 2)
    assert at_list["source"] == price["source"]
    assert (found["discount_ratio"]["value"], found["discount_ratio"]["unit"]) == (0.5, "ratio")
    assert found["discount_ratio"]["source"] == "costwatt.toml, [[discount]] of that night"
    assert "on_demand_discount_ratio" not in found


def test_what_is_not_negotiated_reads_as_before(night: Night) -> None:
    for option in (ON_DEMAND, OWNED, API):
        assert headline(night.run("explain", option).stdout).endswith("; list prices, excluding tax")
        assert "discount_ratio" not in inputs(night, option)


def test_two_bills_are_compared_at_list_too(night: Night) -> None:
    rows = {row["name"]: row for row in json.loads(night.run("compare", MIX, ON_DEMAND, "--format", "json").stdout)}
    (_, listed), (paid, at_list) = usd(night, MIX), usd(night, ON_DEMAND)
    assert paid == at_list
    assert [f"{rows['list_total'][side]:,.2f}" for side in ("first", "second")] == [listed, at_list]
    undiscounted = json.loads(night.run("compare", OWNED, ON_DEMAND, "--format", "json").stdout)
    assert "list_total" not in {row["name"] for row in undiscounted}


QUESTION = ("--model", "llama-3.1-70b", "--requests-per-day", "1M", "--input-tokens", "100", "--output-tokens", "10")


@pytest.mark.parametrize(
    ("discounts", "asked", "told"),
    [
        ([HALF_OFF, NOWHERE], ("explain", MIX), False),
        ([HALF_OFF], ("estimate", *QUESTION), False),
        ([], ("explain", MIX), True),
        ([], ("explain", ON_DEMAND), True),  # a size of which other purchases are discounted
        ([], ("explain", OWNED), False),
        ([], ("compare", OWNED, MIX), True),
        ([HALF_OFF | {"discount_ratio": 0.4}], ("estimate", *QUESTION), True),
        ([], ("train", "--params", "70B", "--tokens", "1T"), True),
    ],
)
def test_a_discount_that_changed_since_the_night_is_told(
    night: Night, discounts: list[dict[str, Any]], asked: tuple[str, ...], told: bool
) -> None:
    done = night.run(*asked, "--format", "json", COSTWATT_DISCOUNT=json.dumps(discounts))
    assert done.returncode == 0, done.stderr
    assert (CHANGED in done.stderr) == told


def test_a_bill_computed_anew_says_what_of_it_is_of_now(night: Night) -> None:
    dearer = json.dumps({"cost_of_capital_ratio": {"value": 0.2}})
    done = night.run("explain", OWNED, COSTWATT_ASSUMPTIONS=dearer)
    assert done.stderr == (
        f"that night published {usd_exact(night, OWNED)} USD/day for {OWNED}: the bill above has its prices, discounts,"
        " exchange rates, tariffs and sites, and the present scenarios, demand profiles, assumptions and measurements"
        " of costwatt.toml, reference tables of models and accelerators, and cost model\n"
    )


def usd_exact(night: Night, option: str) -> object:
    ((found,),) = night.rows(f"select usd_per_day from daily_cost where option_id = '{option}' and {DIALOGUE}")
    return found


def test_lists_and_the_page_say_which_prices_are_negotiated(night: Night, offline_night: Night) -> None:
    assert re.search(r"; list prices but for \d+ negotiated below, excluding tax$", headline(night.run("today").stdout))
    ((ranked,),) = night.rows(
        "select count(*) from daily_cost where rank is not null and usd_per_day < list_usd_per_day"
    )
    page = (night.home / "published" / "index.html").read_text()
    assert f"List prices but for {ranked:,} negotiated ones, excluding tax" in page
    ((listed,),) = night.rows(f"select list_usd_per_day from daily_cost where option_id = '{MIX}' and {DIALOGUE}")
    assert f"negotiated; list {listed:,.0f}; price bundled" in page
    before = (offline_night.home / "published" / "index.html").read_text()
    assert "List prices, excluding tax" in before
    assert "negotiated; list" not in before
    told = {
        home: tables((home / "published" / "cost.duckdb").resolve())["cost"][0]
        for home in (night.home, offline_night.home)
    }
    assert told[night.home].endswith("; negotiated prices beside list_usd_per_day, excluding tax")
    assert told[offline_night.home].endswith("; list prices, excluding tax")


def test_training_says_which_runs_are_negotiated(night: Night) -> None:
    job = ("train", "--params", "7B", "--tokens", "100T", "--accelerators", "8", "--top", "60")
    rows = json.loads(night.run(*job, "--format", "json").stdout)
    negotiated = [row for row in rows if "/reserved_" in row["option_id"]]
    assert negotiated
    assert f"list prices but for {len(negotiated)} negotiated below, excluding tax" in night.run(*job).stdout
    short = night.run("train", "--params", "70B", "--tokens", "1T").stdout
    assert "  list prices, excluding tax; the last column" in short
