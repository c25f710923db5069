"""A demand profile of one's own, from the counts of costwatt.toml to the published figure."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import duckdb
import pytest

from flows.config_tables import DemandProfile, Range, Scenario
from flows.costing import cost_rows
from flows.settings import Settings
from tests.flows.conftest import Night
from tests.flows.small_tables import tables
from tests.flows.test_history import Costs

# Five busy days and two without a request, counted in thousands: 57,600 an hour are 987,428.57 on a mean day.
WEEKDAYS = DemandProfile(requests_by_hour=[57.6] * 120 + [0.0] * 48)
FLAT_WEEK = DemandProfile(requests_by_hour=[3.0] * 168)
SERVICE = {"model": "llama-3.1-70b", "requests_per_day": 57_600 * 120 / 7, "input_tokens": 1000, "output_tokens": 100}
SERVICE |= {"allowed_precisions": ["fp8"]}
ON_DEMAND, RESERVED = "p5/on_demand", "p5/reserved"


def rents(profile: str, **given: Any) -> dict[str, float]:
    """Rent a day of a service on nodes at 100 USD an hour on demand and 85 reserved, by option.

    A replica answers a request per second, a node holds four, and a started one loads for half an hour.
    """
    settings = Settings(
        scenarios={"mine": Scenario(**SERVICE, demand_profile=profile, **given)},
        demand_profiles={"weekdays": WEEKDAYS, "flat-week": FLAT_WEEK},
        assumptions={"warm_up_h": Range(value=0.5)},
    )
    options = [
        {"option_id": ON_DEMAND, "billing": "autoscaled", "usd_per_hour": 100.0},
        {"option_id": RESERVED, "billing": "always_on", "usd_per_hour": 85.0},
    ]
    reference = tables(settings, opt_all=options, serving_plan=[{"scenario_id": "mine"}], token_model=[{}])
    names = {"scenario": "stg_scenario", "option": "opt_all", "assumption": "stg_assumption"}
    names |= {name: name for name in ("serving_plan", "token_model")} | {"demand_profile": "stg_demand_profile"}
    with reference.con:
        found = {table: reference[name] for table, name in names.items()}
        found["scenario"] = "(from stg_scenario where scenario_id = 'mine')"
        (part,) = cost_rows(reference.con, found, draws=2)
    return {row["option_id"]: row["rental_usd"] for row in part.to_pylist()}


def test_a_flat_week_costs_what_flat_costs() -> None:
    assert rents("flat-week") == pytest.approx(rents("flat"))
    # 11.43 busy replicas, 15 at .8, four nodes and a spare
    assert rents("flat-week") == pytest.approx({ON_DEMAND: 5 * 24 * 100, RESERVED: 5 * 24 * 85})


def test_idle_weekends_make_a_reservation_dearer_than_on_demand() -> None:
    # 16 busy replicas, 20 at .8: 5 nodes and a spare; on idle days two replicas on one node, and the spare. Each Monday
    # four nodes start, half an hour before they serve.
    on_demand = (120 * 6 + 48 * 2 + 4 * 0.5) * 100 / 7
    assert rents("weekdays") == pytest.approx({ON_DEMAND: on_demand, RESERVED: 6 * 24 * 85})
    assert round(on_demand, 2) == 11_685.71 < 6 * 24 * 85 == 12_240


def test_a_given_peak_reshapes_a_profile_of_ones_own() -> None:
    assert rents("weekdays", peak_to_average_ratio=1.0)[RESERVED] == pytest.approx(5 * 24 * 85)
    assert rents("weekdays", peak_to_average_ratio=1.4) == pytest.approx(rents("weekdays"))


def test_other_counts_make_another_scenario_and_leave_the_others() -> None:
    def hashes(*counts: float) -> dict[str, str]:
        profile = DemandProfile(requests_by_hour=list(counts) * 12)
        mine = Scenario(**SERVICE, demand_profile="mine", peak_to_average_ratio=1.5)
        reference = tables(Settings(scenarios={"mine": mine}, demand_profiles={"mine": profile}))
        with reference.con:
            statement = f"select scenario_id, scenario_hash from {reference['stg_scenario']}"
            return dict(reference.con.execute(statement).fetchall())

    first, second = hashes(1, 2), hashes(1, 3)
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"mine"}
    assert hashes(2, 4) == first  # of another unit


FIRST, SECOND = date(2026, 11, 19), date(2026, 11, 20)
H100 = "azure/eastus/Standard_ND96isr_H100_v5/on_demand"


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Costs:
    """Two nights of equal prices; between them only the counts of a profile change, and a version adds a column."""
    costs = Costs(tmp_path_factory.mktemp("profile"))
    mine = Scenario(**SERVICE | {"requests_per_day": 5e7}, itl_mean_ms=50, demand_profile="office")
    for day, profile in ((FIRST, FLAT_WEEK), (SECOND, WEEKDAYS)):
        own = {"scenarios": {"mine": mine}, "demand_profiles": {"office": profile}}
        costs.night(day, "98.32", costs.settings.model_copy(update=own))
        if day == FIRST:
            with duckdb.connect(str(costs.settings.paths.warehouse)) as con:
                con.execute("alter table history.hist_option drop column list_on_demand_usd_per_hour")
    return costs


@pytest.mark.night
@pytest.mark.parametrize(("day", "idle_hours"), [(FIRST, 0), (SECOND, 48)])
def test_a_night_publishes_the_nodes_of_the_week(costs: Costs, day: date, idle_hours: int) -> None:
    ((per_node, peak, mean, rental),) = costs.rows(
        day,
        "select replicas_per_node, nodes_peak, nodes_mean, rental_usd::double from daily_cost"
        f" where scenario_id = 'mine' and option_id = '{H100}'",
    )
    idle = -(-2 // int(per_node)) + 1  # type: ignore[call-overload]  # two replicas at least, and the spare
    started = int(peak) - idle  # type: ignore[call-overload]
    assert started > 0
    # each node that starts on Monday loads for a quarter of an hour
    node_hours = (168 * (idle + started) - idle_hours * started + 0.25 * started * bool(idle_hours)) / 7
    assert mean == pytest.approx(node_hours / 24)
    assert rental == pytest.approx(node_hours * 98.32, abs=1e-3)


@pytest.mark.night
def test_a_service_of_ones_own_is_published_with_its_profile(costs: Costs) -> None:
    kept = (
        "select count(*) = (select count(*) from daily_cost where scenario_id = 'mine') and count(*) > 100,"
        " min(asked.value), max(asked.value) from daily_cost as cost inner join scenario as asked using (scenario_id)"
        " where scenario_id = 'mine' and asked.attribute = 'requests_per_day'"
    )
    assert costs.rows(SECOND, kept) == [(True, 5e7, 5e7)]
    hours = (
        "select source, count(*), count(*) filter (where share_of_day = 0), round(sum(share_of_day), 9)"
        " from demand_profile inner join (select distinct scenario_id, demand_profile from scenario)"
        " using (demand_profile) where scenario_id = 'mine' group by all"
    )
    assert costs.rows(SECOND, hours) == [("costwatt.toml", 168, 48, 7)]


@pytest.mark.night
def test_only_the_costs_of_the_changed_profile_move(costs: Costs) -> None:
    moved = (
        "select string_agg(distinct scenario_id), count(*) > 10, max(abs(change_usd_per_day)) > 100,"
        " max(abs(by_price_usd) + abs(by_tariff_usd) + abs(by_assumption_usd))"
        " from cost_change where cost_change_kind = 'cost'"
    )
    assert costs.rows(SECOND, moved) == [("mine", True, True, 0)]
    with duckdb.connect(str(costs.settings.paths.warehouse), read_only=True) as con:
        versions = con.execute(
            "select valid_from, valid_to, count(*) from history.hist_demand_profile where profile = 'office'"
            " group by all order by all"
        ).fetchall()
    assert versions == [(FIRST, SECOND, 168), (SECOND, None, 168)]


@pytest.mark.night
def test_history_of_an_older_version_gains_the_column_that_it_lacks(costs: Costs) -> None:
    with duckdb.connect(str(costs.settings.paths.warehouse), read_only=True) as con:
        versions = con.execute(
            "select valid_from, valid_to, list_on_demand_usd_per_hour from history.hist_option where option_id = ?"
            " order by valid_from",
            [H100],
        ).fetchall()
    assert versions == [(FIRST, SECOND, None), (SECOND, None, 98.32)]


QUESTION = ("--model", "llama-3.1-70b", "--requests-per-day", "1M", "--input-tokens", "1155", "--output-tokens", "211")


def test_a_what_if_takes_it_with_its_own_busiest_hour(offline_night: Night) -> None:
    own = {"office": WEEKDAYS.model_dump(), "even": FLAT_WEEK.model_dump()}
    given = {"COSTWATT_DEMAND_PROFILES": json.dumps(own)}
    told = offline_night.run("estimate", *QUESTION, "--profile", "office", **given)
    assert "busiest hour 1.4 x the mean (office)" in told.stdout, told.stderr
    even, flat = (
        offline_night.run("estimate", *QUESTION, "--profile", profile, "--format", "json", *more, **given).stdout
        for profile, more in (("even", ()), ("flat", ("--peak-to-average", "1")))
    )
    assert json.loads(even) == json.loads(flat) != []


def test_a_what_if_names_the_profiles_that_there_are(offline_night: Night) -> None:
    given = {"COSTWATT_DEMAND_PROFILES": json.dumps({"office": WEEKDAYS.model_dump()})}
    done = offline_night.run("estimate", *QUESTION, "--profile", "ofice", **given)
    assert (done.returncode, done.stdout) == (2, "")
    assert "near names: office" in done.stderr


def test_a_cost_of_it_is_taken_apart(offline_night: Night) -> None:
    given = {
        "COSTWATT_DEMAND_PROFILES": json.dumps({"office": WEEKDAYS.model_dump()}),
        "COSTWATT_SCENARIOS": json.dumps({"mine": SERVICE | {"demand_profile": "office", "itl_mean_ms": 50}}),
    }
    option = "azure/eastus/Standard_NC80adis_H100_v5/on_demand"
    done = offline_night.run("explain", option, "--scenario", "mine", "--format", "json", **given)
    assert done.returncode == 0, done.stderr
    fleet = {row["input"]: row["value"] for row in json.loads(done.stdout)}
    # a week is 168 hours of the peak's nodes but for those that weekends lack, which start on Monday
    started = fleet["node_starts_per_day"] * 7
    assert started == pytest.approx(round(started)) != 0
    assert fleet["overflow_serving_hours"] * 7 == pytest.approx(168 * fleet["nodes_peak"] - 48 * started)
