"""A negotiated discount through a night: what it changes, who booked it, and what a person reads."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from flows.artifacts import tables
from flows.baseline import BASELINE_DATE
from flows.config_tables import Discount
from flows.discounts import unused
from flows.settings import Settings
from flows.what_if import beside
from tests.flows.conftest import Night, command

pytestmark = pytest.mark.night

SIZE = "azure/eastus/Standard_NC80adis_H100_v5"
MIX, ON_DEMAND, OWNED = f"{SIZE}/mix", f"{SIZE}/on_demand", "onprem/DE/dgx-h100/owned"
API = "api/novita/global/meta-llama/llama-3.1-70b-instruct/standard"
HALF_OFF = {"provider": "azure", "purchase_option": "reserved_*", "discount_ratio": 0.5}
NOWHERE = {"purchase_option": "capacity_block_1d", "sku": "p5.48xlarge", "discount_ratio": 0.1}
LLAMA = "meta.llama3-1-70b-instruct-v1:0"
BEDROCK = f"api/aws/global/{LLAMA}/standard"
TOKENS = {"product": "tokens", "provider": "aws", "sku": "meta.llama3-1*", "discount_ratio": 0.25}
ENDED = {"product": "*", "discount_ratio": 0.9, "valid_until": BASELINE_DATE}
COMING = {"product": "tokens", "provider": "aws", "discount_ratio": 0.9, "valid_from": "2099-01-01"}
GIVEN = [HALF_OFF, NOWHERE, TOKENS, ENDED, COMING]
CHANGED = "[[discount]] of costwatt.toml changed since that night; the figures above have the discounts of the night"
DIALOGUE = "scenario_id = 'dialogue-llama-70b'"


@pytest.fixture(scope="module")
def night(offline_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The day after a night without discounts: half off Azure's reservations, a quarter off a model of Bedrock.

    One more fits nothing that is sold, one ended the day before, and one has not begun.
    """
    home = tmp_path_factory.mktemp("negotiated") / "home"
    shutil.copytree(offline_night.home, home, symlinks=True)
    env = {"COSTWATT_HOME": str(home), "COSTWATT_OFFLINE": "true", "COSTWATT_DISCOUNT": json.dumps(GIVEN)}
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
    unfit, ended, coming = (line for line in night.first.stderr.splitlines() if "[discount." in line)
    assert unfit == (
        "check: costwatt.toml, [discount.2] fits no price of this night and changes nothing: product 'rent', provider"
        " '*', purchase_option 'capacity_block_1d', sku 'p5.48xlarge'"
    )
    where = "check: costwatt.toml, [discount"
    assert ended == f"{where}.4] changes nothing any more: its term ended on {BASELINE_DATE}"
    assert coming == f"{where}.5] changes nothing yet: its term begins on 2099-01-01"


@pytest.mark.parametrize(
    ("product", "patterns", "fits"),
    [
        ("rent", {"purchase_option": "*block*"}, False),
        ("rent", {}, True),
        ("egress", {"provider": "azure"}, True),
        ("storage", {}, True),
        ("tokens", {"provider": "aws", "purchase_option": "batch"}, False),
        ("tokens", {"sku": LLAMA}, True),
        ("*", {"purchase_option": "*block*"}, False),
        ("*", {"provider": "novita"}, True),
    ],
)
def test_a_discount_is_used_where_a_price_of_its_product_is(
    night: Night, product: str, patterns: dict[str, str], fits: bool
) -> None:
    given = Discount.model_validate({"product": product, "discount_ratio": 0.1} | patterns)
    file = (night.home / "published" / "cost.duckdb").resolve()
    with beside(Settings(discount=[given]), file, BASELINE_DATE) as reference:
        told = unused(reference, [given])
    assert [line[:50] for line in told] == ([] if fits else ["costwatt.toml, [discount.1] fits no price of this "])


def test_the_edit_of_a_discount_is_no_move_of_a_price(night: Night) -> None:
    moved = night.rows(
        "select purchase_option, count(*) > 10, max(abs(by_price_usd)), max(by_discount_usd) < 0,"
        " max(abs(by_discount_usd - change_usd_per_day)) < 0.01 from cost_change"
        " inner join (select distinct option_id, purchase_option from option) using (option_id)"
        " where cost_change_kind = 'cost' and option_id <> '" + BEDROCK + "' group by all order by all"
    )
    assert moved == [(name, True, 0, True, True) for name in ("mix", "reserved_1y", "reserved_3y")]
    tokens = night.rows(
        "select by_discount_usd = change_usd_per_day, abs(by_discount_usd + 0.25 * old_usd_per_day) < 0.001,"
        f" by_price_usd from cost_change where option_id = '{BEDROCK}' and {DIALOGUE}"
    )
    assert tokens == [(True, True, 0)]
    parts = json.loads(night.run("why", MIX, "--format", "json").stdout)
    assert {row["factor"] for row in parts if abs(row["usd_per_day"]) > 0.01} == {"discount"}
    alerts = [line for line in night.first.stdout.splitlines() if line.startswith("alert: ") and "->" in line]
    assert alerts
    assert all(re.search(r"; a changed discount moved (azure|api/aws)/\S+ by -[0-9,.]+$", line) for line in alerts)


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


def test_a_bill_of_negotiated_tokens_names_list_prices_and_discount(night: Night) -> None:
    paid, listed = usd(night, BEDROCK)
    assert float(paid.replace(",", "")) == pytest.approx(0.75 * float(listed.replace(",", "")), abs=0.01)
    told = night.run("explain", BEDROCK).stdout
    assert headline(told).endswith(f"{paid} USD per day; negotiated; list {listed}, excluding tax")
    found = inputs(night, BEDROCK)
    ((price,),) = night.rows(f"select usd_per_million_output_tokens from option where option_id = '{BEDROCK}'")
    for kind in ("input", "output"):
        now, at_list = (found[f"{before}usd_per_million_{kind}_tokens"] for before in ("paid_", ""))
        assert (now["depth"], at_list["depth"], at_list["unit"], now["unit"]) == (0, 1, "usd", "usd")
        assert now["value"] == pytest.approx(0.75 * at_list["value"])
        assert at_list["source"].endswith(LLAMA) or LLAMA in at_list["source"]
    assert at_list["value"] == price, "the table holds the list price"
    share = found["tokens_discount_ratio"]
    assert (share["value"], share["unit"], share["depth"]) == (0.25, "ratio", 1)
    assert share["source"] == "costwatt.toml, [[discount]] of that night"
    assert "paid_usd_per_million_cached_tokens" not in found


def test_what_is_not_negotiated_reads_as_before(night: Night) -> None:
    for option in (ON_DEMAND, OWNED, API):
        assert headline(night.run("explain", option).stdout).endswith("; list prices, excluding tax")
        assert not [name for name in inputs(night, option) if "discount" in name or name.startswith("paid_")]


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
        ([HALF_OFF, TOKENS], ("estimate", *QUESTION), False),
        ([HALF_OFF, TOKENS, ENDED, COMING], ("estimate", *QUESTION), False),
        ([HALF_OFF], ("estimate", *QUESTION), True),
        ([HALF_OFF], ("explain", BEDROCK), True),
        ([HALF_OFF], ("train", "--params", "70B", "--tokens", "1T"), False),  # which buys no tokens
        ([HALF_OFF, TOKENS, {"product": "egress", "discount_ratio": 0.1}], ("explain", ON_DEMAND), True),
        ([HALF_OFF, TOKENS, {"product": "egress", "discount_ratio": 0.1}], ("explain", OWNED), False),
        ([HALF_OFF, {"product": "tokens", "provider": "aws", "discount_ratio": 0.25}], ("explain", BEDROCK), False),
        ([], ("explain", MIX), True),
        ([], ("explain", ON_DEMAND), True),  # a size of which other purchases are discounted
        ([], ("explain", OWNED), False),
        ([], ("compare", OWNED, MIX), True),
        ([HALF_OFF | {"discount_ratio": 0.4}, TOKENS], ("estimate", *QUESTION), True),
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


@pytest.fixture(scope="module")
def agreement(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The night after, with an agreement on all that Azure sells in place of the other discounts."""
    home = tmp_path_factory.mktemp("agreement") / "home"
    shutil.copytree(night.home, home, symlinks=True)
    given = json.dumps([{"product": "*", "provider": "azure", "discount_ratio": 0.2}])
    env = {"COSTWATT_HOME": str(home), "COSTWATT_OFFLINE": "true", "COSTWATT_DISCOUNT": given}
    day = date.fromisoformat(BASELINE_DATE) + timedelta(days=2)
    done = Night(home, env, command("refresh", "--date", day.isoformat(), env=env))
    assert done.first.returncode == 0, done.first.stderr
    return done


PAID_PARTS = "rental_usd, network_usd, storage_usd, usd_per_day, list_usd_per_day, nodes_mean"


def test_an_agreement_comes_off_rent_egress_and_disks(agreement: Night, offline_night: Night) -> None:
    assert "[discount." not in agreement.first.stderr
    for option in (ON_DEMAND, MIX):
        statement = f"select {PAID_PARTS} from daily_cost where option_id = '{option}' and {DIALOGUE}"
        ((*paid, usd_now, listed, nodes),) = agreement.rows(statement)
        ((*before, usd_before, listed_before, nodes_before),) = offline_night.rows(statement)
        assert nodes == nodes_before
        for now, then in zip(paid, before, strict=True):
            assert float(now) == pytest.approx(0.8 * float(then), abs=1e-3)
        assert listed == pytest.approx(listed_before, abs=Decimal("0.001"))
        assert listed_before == usd_before
        assert listed - usd_now == pytest.approx(sum(before) / 5, abs=Decimal("0.001"))
    ((paid, listed),) = agreement.rows(
        f"select usd_per_day, list_usd_per_day from daily_cost where option_id = '{BEDROCK}' and {DIALOGUE}"
    )
    assert paid == listed, "the discount on tokens was given up"


def test_an_agreement_is_a_discount_in_what_moved(agreement: Night) -> None:
    ((moved, prices, others),) = agreement.rows(
        "select count(*), max(abs(by_price_usd)), max(abs(change_usd_per_day - by_discount_usd)) from cost_change"
        " where cost_change_kind = 'cost'"
    )
    assert (moved > 1000, prices, others < Decimal("0.001")) == (True, 0, True)
    told = json.loads(agreement.run("why", ON_DEMAND, "--format", "json").stdout)
    assert {row["factor"] for row in told if abs(row["usd_per_day"]) > 0.01} == {"discount"}
    figures = agreement.run("why", ON_DEMAND).stdout
    assert re.search(r"\negress_discount_ratio +0\.2", figures)
    assert re.search(r"\nstorage_discount_ratio +0\.2", figures)


def test_a_bill_of_an_agreement_has_list_price_and_discount_below_each_price(agreement: Night) -> None:
    found = inputs(agreement, ON_DEMAND)
    for price, share in (
        ("egress_usd_per_gb", "egress_discount_ratio"),
        ("storage_usd_per_gb_month", "storage_discount_ratio"),
    ):
        assert found[f"paid_{price}"]["value"] == pytest.approx(0.8 * found[price]["value"])
        assert found[f"paid_{price}"]["unit"] == found[price]["unit"]
        assert (found[share]["value"], found[share]["unit"]) == (0.2, "ratio")
        assert found[share]["source"] == "costwatt.toml, [[discount]] of that night"
    bill = agreement.run("explain", ON_DEMAND).stdout
    assert "list price x (1 - negotiated discount), from the lines below" in bill
    assert agreement.run("explain", ON_DEMAND).stderr == ""


def test_an_agreement_is_in_the_list_costs_of_every_line(agreement: Night) -> None:
    lines = agreement.rows(
        "select x_component, max(abs(0.8 * ListCost - ContractedCost)), count(*) from focus_cost"
        " where ProviderName = 'Microsoft' group by all"
    )
    apart = {component: apart for component, apart, count in lines if count}
    for component in ("rental_usd", "network_usd", "storage_usd"):
        assert apart.pop(component) < Decimal("0.001"), component
    assert apart.keys() >= {"staff_usd"}
    ((most,),) = agreement.rows(
        "select max(abs(listed - list_usd_per_day)) from (select x_scenario_id as scenario_id, x_option_id as"
        " option_id, sum(ListCost) as listed from focus_cost group by all) inner join daily_cost using (scenario_id,"
        " option_id) where not regexp_matches(purchase_option, '^(mix|reserved|savings|capacity_block)')"
    )
    assert most == 0
