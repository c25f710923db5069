"""Three nights of costs: a price that fell, then assumptions and a scenario of one's own; and the same again."""

from __future__ import annotations

import hashlib
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from connectors.web import Web
from flows import dbt
from flows.cli import app
from flows.config_tables import Range
from flows.load import load_and_gate
from flows.settings import Settings
from flows.sources import Night, chosen, plan, pull
from tests.flows.nights import House

FIRST, SECOND, THIRD, FOURTH = (date(2026, 11, day) for day in (19, 20, 21, 22))
BUNDLED = ("bundled_prices", "bundled_rates", "bundled_token_prices", "static_tariffs")
MARTS = (
    *("+cost_change", "+cost_by_day", "+instance_price", "+token_price", "+option", "+fx_rate"),
    *("+reference_scenario", "+reference_demand_profile"),
)
H100 = "azure/eastus/Standard_ND96isr_H100_v5/on_demand"
PARTS = ("price", "discount", "exchange_rate", "tariff", "model", "assumption", "scenario")
PARTS_SUM = " + ".join(f"by_{part}_usd" for part in PARTS)


class Costs:
    """A HOME of whole nights, published file by file."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = House.at(root).settings

    def night(self, day: date, h100_usd_per_hour: str = "", settings: Settings | None = None) -> None:
        """One night of the bundled sources and, where a price is given, of Azure's eastus."""
        settings = settings or self.settings
        night = Night(day, settings, Web(offline=True))
        for connector in chosen(BUNDLED):
            for region in plan(night, connector):
                pull(night, connector, region)
        if h100_usd_per_hour:
            House(settings).land(day, "azure_prices", "eastus", {"Standard_ND96isr_H100_v5": h100_usd_per_hour})
        load_and_gate(settings, day)
        dbt.build(settings, day, self.file(day), select=MARTS)

    def file(self, day: date) -> Path:
        return self.root / f"{day}.duckdb"

    def rows(self, day: date, sql: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.file(day)), read_only=True) as con:
            return con.execute(sql).fetchall()

    def digest(self, day: date, table: str) -> str:
        path = self.root / f"{table}.parquet"
        self.rows(day, f"copy {table} to '{path}' (format parquet)")
        return hashlib.sha256(path.read_bytes()).hexdigest()


def third_settings(costs: Costs) -> Settings:
    """Capital costs twice as much."""
    dearer = {"cost_of_capital_ratio": Range(value=0.16, low=0.12, high=0.2)}
    return costs.settings.model_copy(update={"assumptions": dearer})


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> Costs:
    costs = Costs(tmp_path_factory.mktemp("costs"))
    costs.night(FIRST, "98.32")
    costs.night(SECOND, "88.49")
    costs.night(THIRD, "88.49", third_settings(costs))
    return costs


@pytest.mark.night
def test_a_first_night_is_no_change(costs: Costs) -> None:
    assert costs.rows(FIRST, "select count(*) from cost_change") == [(0,)]


@pytest.mark.night
def test_a_price_that_fell_moved_the_costs_on_it_and_no_other(costs: Costs) -> None:
    moved = costs.rows(SECOND, "select distinct option_id from cost_change where cost_change_kind = 'cost'")
    assert (H100,) in moved
    assert all("/eastus/Standard_ND96isr_H100_v5/" in str(option) for (option,) in moved)
    others = " + ".join(f"abs(by_{part}_usd)" for part in PARTS if part != "price")
    # the last decimal may be rounding
    judged = f"select max({others}) <= 0.0001, max(by_price_usd) < 0 from cost_change where cost_change_kind = 'cost'"
    assert costs.rows(SECOND, judged) == [(True, True)]


@pytest.mark.night
def test_dearer_capital_is_the_assumptions_part(costs: Costs) -> None:
    found = costs.rows(
        THIRD,
        "select count(*) > 100, max(abs(by_price_usd)), max(abs(by_tariff_usd)), sum(by_assumption_usd) > 0"
        " from cost_change where cost_change_kind = 'cost'",
    )
    assert found == [(True, 0, 0, True)]


@pytest.mark.night
@pytest.mark.parametrize("day", [SECOND, THIRD])
def test_the_parts_sum_to_the_change_with_nothing_left(costs: Costs, day: date) -> None:
    left = f"select count(*) from cost_change where cost_change_kind = 'cost' and {PARTS_SUM} <> change_usd_per_day"
    assert costs.rows(day, left) == [(0,)]


@pytest.mark.night
def test_a_version_opens_only_where_the_cost_changed(costs: Costs) -> None:
    versions = (
        f"select valid_from, valid_to, usd_per_day from cost_history where option_id = '{H100}'"
        " and scenario_id = 'dialogue-llama-70b' order by valid_from"
    )
    first, second, *later = costs.rows(THIRD, versions)
    assert (first[:2], second[0]) == ((FIRST, SECOND), SECOND)
    assert Decimal(str(second[2])) < Decimal(str(first[2]))
    assert [row[0] for row in later] in ([], [THIRD])
    unmoved = "select count(*) from cost_history where valid_from = valid_to or usd_per_day is null and status = 'ok'"
    assert costs.rows(THIRD, unmoved) == [(0,)]


@pytest.mark.night
def test_cost_by_day_gives_each_day_as_it_was(costs: Costs) -> None:
    columns = "select scenario_id, option_id, usd_per_day from cost_by_day"
    for day in (FIRST, SECOND):
        then = costs.rows(day, f"{columns} where cost_date = '{day}' order by all")
        assert costs.rows(THIRD, f"{columns} where cost_date = '{day}' order by all") == then
        assert len(then) > 1000


@pytest.mark.night
def test_the_view_works_under_any_name_of_the_file(costs: Costs) -> None:
    with duckdb.connect() as con:
        con.execute(f"attach '{costs.file(THIRD)}' as prices (read_only)")
        con.execute("use prices")
        assert con.execute("select count(*) > 1000 from cost_by_day").fetchall() == [(True,)]


@pytest.mark.night
def test_history_prints_price_and_cost(costs: Costs, monkeypatch: pytest.MonkeyPatch) -> None:
    published = costs.root / "published"
    published.mkdir(exist_ok=True)
    (published / "cost.duckdb").unlink(missing_ok=True)
    (published / "cost.duckdb").symlink_to(costs.file(THIRD))
    monkeypatch.setenv("COSTWATT_HOME", str(costs.root))
    printed = CliRunner().invoke(app, ["history", H100, "--format", "csv"])
    lines = [line.split(",") for line in printed.stdout.splitlines()]
    assert lines[0] == ["what", "valid_from", "valid_to", "amount", "unit", "note"]
    assert [(line[1], line[3]) for line in lines if line[0] == "price"] == [
        ("2026-11-19", "98.3200000000"),
        ("2026-11-20", "88.4900000000"),
    ]
    assert [line[1] for line in lines if line[0] == "cost"][:2] == ["2026-11-19", "2026-11-20"]
    euros = CliRunner().invoke(app, ["history", H100, "--format", "csv", "--currency", "eur"])
    ((usd_per_eur,),) = costs.rows(THIRD, "select usd_per_unit from fx_rate where currency = 'EUR'")
    for dollar, euro in zip(lines[1:], (line.split(",") for line in euros.stdout.splitlines()[1:]), strict=True):
        assert float(euro[3]) == pytest.approx(float(dollar[3]) / usd_per_eur, abs=1e-9)
        assert euro[4] == dollar[4].replace("USD", "EUR")
    unknown = CliRunner().invoke(app, ["history", H100, "--currency", "EUX"])
    assert "--currency EUX: no exchange rate is known" in str(unknown.exception)


@pytest.mark.night
def test_replaying_two_nights_gives_the_same_bytes(costs: Costs) -> None:
    tables = ("cost_history", "cost_change", "instance_price", "option")
    before = {table: costs.digest(THIRD, table) for table in tables}
    costs.night(SECOND, "88.49")
    costs.night(THIRD, "88.49", third_settings(costs))
    assert {table: costs.digest(THIRD, table) for table in tables} == before


@pytest.mark.night
def test_what_an_older_version_did_not_record_is_the_models_part(costs: Costs) -> None:
    with duckdb.connect(str(costs.settings.paths.warehouse)) as con:
        con.execute("alter table history.hist_serving_plan drop column server_idle_power_w")
        for product in ("egress", "storage", "tokens"):
            con.execute(f"alter table history.hist_option drop column {product}_discount_ratio")
    costs.night(FOURTH, "88.49")
    with duckdb.connect(str(costs.settings.paths.warehouse)) as con:
        opened = con.execute("select count(*) from history.hist_option where valid_from = ?", [FOURTH]).fetchone()
    assert opened == (0,), "a discount that nobody has is none, then as now"
    left = f"select count(*) from cost_change where cost_change_kind = 'cost' and {PARTS_SUM} <> change_usd_per_day"
    assert costs.rows(FOURTH, left) == [(0,)]
    told = "select count(*) > 100, sum(by_model_usd) < 0, sum(abs(by_assumption_usd))::double from cost_change"
    of_own = "where cost_change_kind = 'cost' and option_id like 'onprem/%'"
    assert costs.rows(FOURTH, f"{told} {of_own}") == [(True, True, 0)], "of own servers it knew no plan by idle power"
