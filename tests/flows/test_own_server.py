"""A server of a person's own design: what it takes to define one, and what a night makes of it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from connectors.errors import UsageError
from flows.baseline import BASELINE_DATE
from flows.given_checks import check_names
from flows.published import BASELINE
from flows.settings import Settings, load_settings
from tests import regenerate
from tests.flows.conftest import Night, command, no_network
from tests.flows.small_tables import made
from tests.flows.test_explain import rows_of
from tests.seed_tables import ids

QUOTED = "2026-10-15"
QUOTE: dict[str, Any] = {"price_usd": 50_000, "quoted_on": QUOTED}
L40S: dict[str, Any] = {**QUOTE, "accelerator": "l40s", "accelerators": 4, "max_power_w": 2400}
#: The figures of dgx-h100 in server_fact.csv.
DGX: dict[str, Any] = {
    "price_usd": 270_000, "price_usd_low": 270_000, "price_usd_high": 329_580, "quoted_on": "2023-05-01",
    "accelerator": "h100-sxm", "accelerators": 8, "max_power_w": 10_200, "idle_power_w": 2410,
    "scale_out_gbit_s": 3200, "memory_gib": 2048, "vendor": "nvidia", "name": "DGX H100",
}  # fmt: skip
#: No server of the table has its accelerator: a rented one must not be taken to draw as much as this.
HUNGRY: dict[str, Any] = {**DGX, "accelerator": "mi300x", "max_power_w": 15_000}


def own(**servers: dict[str, Any]) -> Settings:
    return Settings.model_validate({"onprem_zones": "DE", "servers": servers})


def options(**servers: dict[str, Any]) -> dict[str, dict[str, Any]]:
    tariff = {
        "tariff_zone": "DE", "usd_per_kwh": 0.16, "usd_per_kwh_low": 0.15, "usd_per_kwh_high": 0.17, "band": "IE",
        "demand_usd_per_kw_month": None, "usd_per_kwh_by_band": None, "usd_per_unit": 1.0,
    }  # fmt: skip
    return {row["option_id"]: row for row in made("opt_onprem", own(**servers), opt_tariff=[tariff])}


def test_with_the_figures_of_a_dgx_it_is_an_option_as_the_dgx() -> None:
    found = options(mine=DGX)
    apart = {"option_id", "sku", "quality", "source", "source_key"}
    for site in ("owned", "colocated"):
        mine, dgx = found[f"onprem/DE/mine/{site}"], found[f"onprem/DE/dgx-h100/{site}"]
        assert {name for name in mine if mine[name] != dgx[name]} == apart
        assert (mine["sku"], mine["quality"]) == ("mine", "quoted")
        assert (mine["source"], mine["source_key"]) == ("costwatt.toml", "[servers.mine]")
        assert dgx["source"] == "server_fact"


def test_what_is_not_given_is_not_known_and_a_price_without_interval_is_exact() -> None:
    mine = options(mine=L40S)["onprem/DE/mine/owned"]
    assert [mine[f"server_price_usd{end}"] for end in ("", "_low", "_high")] == [50_000] * 3
    assert (mine["accelerators_per_node"], mine["server_max_power_w"]) == (4, 2400)
    assert (mine["server_idle_power_w"], mine["scale_out_gbit_s"]) == (None, None)
    assert mine["price_as_of"] == date(2026, 10, 15)


def test_the_table_of_servers_shows_own_figures_beside_and_in_place_of_its_own() -> None:
    found = made("reference_server", own(**{"mine": L40S, "dgx-h100": {**QUOTE, "price_usd_high": 60_000}}))
    assert found == sorted(found, key=lambda row: (row["server"], row["attribute"]))
    given = [tuple(row.values()) for row in found if row["source"] == "costwatt.toml"]
    assert given == [
        ("dgx-h100", "DGX H100", "nvidia", "h100-sxm", "price_usd", 5e4, 5e4, 6e4, "usd", "costwatt.toml", QUOTED),
        ("mine", "mine", None, "l40s", "max_power_w", 2400, 2400, 2400, "W", "costwatt.toml", QUOTED),
        ("mine", "mine", None, "l40s", "price_usd", 5e4, 5e4, 5e4, "usd", "costwatt.toml", QUOTED),
    ]
    public = [tuple(row.values()) for row in made("reference_server")]
    assert {row[:2] for row in public} < {tuple(row.values())[:2] for row in found}
    assert len(found) == len(public) + 2, "the quote stands in place of the table's price"


@pytest.mark.parametrize(
    ("servers", "told"),
    [
        (
            {"dgx-h1000": QUOTE},
            (
                "[servers.dgx-h1000]: is not in the table server; near names: dgx-h100, dgx-h200, dgx-a100-320;"
                " to define a server of your own give accelerator, accelerators, max_power_w too"
            ),
        ),
        ({"mine": {**QUOTE, "accelerator": "l40s"}}, "give accelerators, max_power_w too"),
        ({"mine": {**QUOTE, "name": "a box"}}, "[servers.mine]: is not in the table server; to define"),
        (
            {"dgx-h100": {**QUOTE, "idle_power_w": 900, "accelerator": "l40s"}},
            "[servers.dgx-h100]: is in the table server; give only a quote, without accelerator, idle_power_w",
        ),
        ({"dgx-h100": {**QUOTE, "vendor": "me"}}, "is in the table server; give only a quote, without vendor"),
        ({"mine": {**L40S, "accelerator": "l40"}}, "[servers.mine] accelerator = 'l40': not known; near names: l40s"),
        ({"mine": {**L40S, "accelerator": "ascend-910c"}}, "'ascend-910c': its power is not known, so it has no cost"),
        (
            {"mine": {**L40S, "max_power_w": 699}},
            "max_power_w = 699: its 4 l40s alone may draw 1400; give the wall power of the whole server [W]",
        ),
        ({"mine": {**L40S, "max_power_w": 2.4}}, "servers.mine.max_power_w: "),
        ({"mine": {**L40S, "max_power_w": 3_000_001}}, "servers.mine.max_power_w: "),
        ({"mine": {**L40S, "idle_power_w": 2401}}, "idle_power_w 2401 is above max_power_w 2400"),
        ({"mine": {**L40S, "idle_power_w": 0}}, "servers.mine.idle_power_w: "),
        ({"mine": {**L40S, "accelerators": 0}}, "servers.mine.accelerators: "),
        ({"mine": {**L40S, "accelerators": 1025}}, "servers.mine.accelerators: "),
        ({"mine": {**L40S, "accelerators": 4.5}}, "servers.mine.accelerators: "),
        ({"mine": {**L40S, "accelerators": True}}, "servers.mine.accelerators: "),
        ({"mine": {**L40S, "scale_out_gbit_s": 0}}, "servers.mine.scale_out_gbit_s: "),
        ({"mine": {**L40S, "memory_gib": -1}}, "servers.mine.memory_gib: "),
        ({"mine": {**L40S, "name": "two\nlines"}}, "servers.mine.name: a name is of printable characters"),
        ({"mine": {**L40S, "max_power": 1}}, "servers.mine.max_power: no such key; near names: max_power_w"),
        ({"mine": {**L40S, "price_usd_low": 60_000}}, "price_usd_low, price_usd and price_usd_high do not rise"),
        ({"my/box": L40S}, "servers.my/box: a server's name is of up to 64 letters, digits and . _ -"),
        ({"my box": L40S}, "a server's name is of up to 64"),
        ({"-box": L40S}, "a server's name is of up to 64"),
        ({"": L40S}, "a server's name is of up to 64"),
        ({"büchse": L40S}, "a server's name is of up to 64"),
        ({"b" * 65: L40S}, "a server's name is of up to 64"),
    ],
)
def test_what_is_no_server_is_one_line(servers: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as error:
        check_names(load_settings(servers=servers))
    assert told in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "edge",
    [
        {"accelerators": 1, "max_power_w": 175, "idle_power_w": 175},
        {"accelerators": 1024, "max_power_w": 3e6, "idle_power_w": 5, "scale_out_gbit_s": 1, "memory_gib": 1},
        {"accelerators": 72, "max_power_w": 140_000, "accelerator": "gb300", "scale_out_gbit_s": 57_600.0},
    ],
)
def test_what_can_be_built_passes(edge: dict[str, Any]) -> None:
    check_names(load_settings(servers={"My.Box_2": {**L40S, **edge}}))


FIRST = date.fromisoformat(BASELINE_DATE)
SECOND = FIRST + timedelta(days=1)
MINE, RACK = "onprem/DE/mine/owned", "onprem/DE/rack/owned"


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The baseline's night with three servers of one's own."""
    home = tmp_path_factory.mktemp("own")
    env = {"COSTWATT_HOME": str(home), "COSTWATT_ONPREM_ZONES": "DE"}
    given = env | {"COSTWATT_SERVERS": json.dumps({"mine": DGX, "rack": L40S, "hungry": HUNGRY})}
    done = command("refresh", "--date", FIRST.isoformat(), env=given, prefix=no_network())
    assert done.returncode == 0, done.stderr
    return Night(home, given, done)


@pytest.fixture(scope="module")
def nights(first: Night) -> Night:
    """The night after: one of them was told to draw more, the others are no longer there."""
    given = first.env | {"COSTWATT_SERVERS": json.dumps({"mine": {**DGX, "max_power_w": 12_000}})}
    done = command("refresh", "--date", SECOND.isoformat(), env=given, prefix=no_network())
    assert done.returncode == 0, done.stderr
    return Night(first.home, given, done)


@pytest.mark.night
def test_with_the_figures_of_a_dgx_it_costs_what_the_dgx_costs(first: Night) -> None:
    apart = ("option_id", "sku", "quality", "rank")
    cost = f"select * exclude ({', '.join(apart)}) from daily_cost where sku = '{{}}'"
    mine, dgx = ([*first.rows(cost.format(sku) + " order by all")] for sku in ("mine", "dgx-h100"))
    assert len(mine) == 22  # built-in scenarios, owned and colocated
    assert mine == dgx


@pytest.mark.night
def test_other_options_cost_what_they_cost_without_it(first: Night, offline_night: Night) -> None:
    rented = "where option_id not like 'onprem/%' order by all"
    for figures in (
        f"select scenario_id, option_id, usd_per_day, usd_per_day_high, kwh_per_day from daily_cost {rented}",
        f"select model, option_id, kwh, training_usd from training_cost {rented}",
    ):
        assert first.rows(figures) == offline_night.rows(figures)


@pytest.mark.night
def test_each_figure_says_who_gave_it(first: Night) -> None:
    inputs = {row["input"]: row for row in rows_of(first, "explain", RACK)}
    for name, value in (("server_price_usd", 50_000), ("server_max_power_w", 2400), ("accelerators_per_node", 4)):
        found = inputs[name]
        assert (found["value"], found["source"], found["as_of"]) == (value, "costwatt.toml", QUOTED), name
    idle = inputs["node_idle_power_w"]
    # 4 accelerators at .12 of 350 W, and .38 of the 1,000 W that the nameplate leaves beyond their limits
    assert idle["value"] == pytest.approx(548)
    assert (idle["source"], idle["as_of"]) == ("estimated from the server's parts", "")
    known = {row["input"]: row for row in rows_of(first, "explain", MINE)}
    assert (known["node_idle_power_w"]["value"], known["node_idle_power_w"]["source"]) == (2410, "costwatt.toml")
    text = first.run("explain", RACK).stdout
    assert "price    row      [servers.rack]" in text
    assert "as of    2026-10-15 (bundled, quoted price)" in text
    public = {row["input"]: row for row in rows_of(first, "explain", "onprem/DE/dgx-h100/owned")}
    assert public["node_idle_power_w"]["source"].startswith("DGX H200 chassis 2,410")


@pytest.mark.night
def test_it_trains_too(first: Night) -> None:
    runs = rows_of(first, "train", "--params", "8B", "--tokens", "1T", "--top", "200")
    usd = {row["option_id"]: row["usd"] for row in runs}
    assert usd["onprem/DE/mine/owned"] == usd["onprem/DE/dgx-h100/owned"]
    assert "onprem/DE/rack/owned" not in usd, "1,024 of them have no network between the servers"


@pytest.mark.night
def test_one_that_is_no_longer_defined_is_gone_and_its_history_ends(nights: Night) -> None:
    assert nights.rows("select distinct server from server where source = 'costwatt.toml'") == [("mine",)]
    assert nights.rows("select count(*) from daily_cost where sku in ('rack', 'hungry')") == [(0,)]
    assert nights.rows(f"select distinct cost_change_kind from cost_change where option_id = '{RACK}'") == [("gone",)]
    ended = f"select distinct valid_from, valid_to from cost_history where option_id = '{RACK}'"
    assert nights.rows(ended) == [(FIRST, SECOND)]
    gone = nights.run("explain", RACK)
    assert gone.returncode == 2
    assert RACK in gone.stderr


@pytest.mark.night
def test_a_kept_night_knows_the_servers_that_it_had(nights: Night) -> None:
    then = {row["input"]: row for row in rows_of(nights, "explain", RACK, "--date", FIRST.isoformat())}
    assert (then["server_price_usd"]["source"], then["server_price_usd"]["as_of"]) == ("costwatt.toml", QUOTED)


@pytest.mark.night
def test_what_its_owner_changed_is_the_part_of_reference_data(nights: Night) -> None:
    moved = nights.rows(
        "select change_usd_per_day > 1, by_assumption_usd > 1, abs(by_model_usd) < 0.001"  # published costs are rounded
        f" from cost_change where cost_change_kind = 'cost' and option_id = '{MINE}'"
    )
    assert moved == [(True, True, True)] * 11


def test_the_bundled_baseline_holds_no_server_of_ones_own() -> None:
    with duckdb.connect() as con:
        listed = con.execute(f"select distinct sku from '{BASELINE}' where provider = 'onprem'").fetchall()
    assert {("dgx-h100",)} < set(listed) <= {(server,) for server in ids("server", "server")}


def test_the_baseline_is_not_made_beside_ones_own_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "costwatt.toml").write_text("[servers.mine]\n")
    with pytest.raises(SystemExit, match="the baseline holds nobody's own figures"):
        regenerate.main()
