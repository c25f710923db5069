"""Seeds and views stand only while all that they were made from is the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from connectors.errors import CostwattError
from flows import dbt, standing
from flows.settings import Settings
from flows.warehouse import open_warehouse
from tests.flows.conftest import Night

GIVEN = "1.11 {'cost_draws': 2048}"


@pytest.fixture
def sql(tmp_path: Path) -> Path:
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "region.csv").write_text("region\nus-east-1\n")
    return tmp_path


def warehouse() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("create schema landing; create table landing.tariff (rate double)")
    return con


def test_what_was_kept_stands_until_something_changes(sql: Path) -> None:
    con = warehouse()
    project = standing.fingerprint(con, sql, GIVEN)
    assert not standing.stands(con, project)
    standing.keep(con, project)
    assert standing.fingerprint(con, sql, GIVEN) == project  # keeping it is no change
    assert standing.stands(con, project)


def test_a_seed_a_variable_or_a_landing_column_is_a_change(sql: Path) -> None:
    con = warehouse()
    project = standing.fingerprint(con, sql, GIVEN)
    assert standing.fingerprint(con, sql, "1.11 {'cost_draws': 256}") != project
    con.execute("alter table landing.tariff add column band varchar")
    wider = standing.fingerprint(con, sql, GIVEN)
    assert wider != project
    (sql / "seeds" / "region.csv").write_text("region\nus-east-2\n")
    assert standing.fingerprint(con, sql, GIVEN) not in {project, wider}


def test_another_project_forgets_the_last_before_it_builds(sql: Path) -> None:
    con = warehouse()
    standing.keep(con, "one")
    assert not standing.stands(con, "another")
    assert standing.stands(con, "one")  # to ask is not to build
    standing.forget(con)
    assert not standing.stands(con, "one")


@pytest.mark.night
def test_a_second_build_leaves_them_and_runs_every_check(live_night: Night, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, offline=True, cost_draws=256)
    settings.paths.make()
    shutil.copy(live_night.home / "warehouse.duckdb", settings.paths.warehouse)
    ((day,),) = live_night.rows("select max(cost_date) from daily_cost")
    first, second = (dbt.build(settings, day, tmp_path / f"{n}.duckdb") for n in ("first", "second"))
    assert is_current(settings)
    assert not is_current(settings.model_copy(update={"cost_draws": 257}))
    left = set(first.seconds) - set(second.seconds)
    seeds = {file.stem for file in (dbt.sql_folder() / "seeds").glob("*.csv")}
    assert seeds < left
    assert left - seeds > {"stg_scenario", "stg_accelerator", "option_input"}
    checks = {file.stem for file in (dbt.sql_folder() / "tests").glob("*.sql")}
    assert checks <= set(second.seconds)
    with open_warehouse(settings) as con:  # as an older version left it: a reference table lacks a column
        con.execute("alter table reference.token_model drop column price_as_of; drop table landing.project")
    third = dbt.build(settings, day, tmp_path / "third.duckdb")
    assert third.seconds.keys() == first.seconds.keys()
    with open_warehouse(settings) as con:
        con.execute("alter table gate.tariff rename to aside")
    with pytest.raises(CostwattError, match="nothing was published"):
        dbt.build(settings, day, tmp_path / "failed.duckdb")
    with open_warehouse(settings) as con:
        con.execute("alter table gate.aside rename to tariff")
    assert not is_current(settings)  # what another project half built must not pass for whole


def is_current(settings: Settings) -> bool:
    with open_warehouse(settings, read_only=True) as con:
        return dbt.is_of_this_project(con, settings)
