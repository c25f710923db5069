"""What moved a cost between two nights, by nights that differ in one known thing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from costmodel.attribution import FACTORS
from tests.flows.conftest import Night

CLOUD = "azure/eastus/Standard_NC80adis_H100_v5/on_demand"
OWNED = "onprem/DE/dgx-h100/owned"
SCENARIO = "scenario_id = 'dialogue-llama-70b'"


@pytest.fixture
def two_nights(offline_night: Night, tmp_path: Path) -> Path:
    """A HOME with the night twice, the second a day later."""
    run = (offline_night.home / "published").resolve()
    for name in ("first", "second"):
        shutil.copytree(run, tmp_path / ".published" / name)
    manifest = tmp_path / ".published" / "second" / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | {"cost_date": "2099-01-01"}))
    (tmp_path / "published").symlink_to(".published/second")
    return tmp_path


def changed(home: Path, *statements: str) -> None:
    with duckdb.connect(str(home / ".published" / "second" / "cost.duckdb")) as con:
        for statement in statements:
            con.execute(statement)


def moved(home: Path, option: str, **by_factor_usd: float) -> None:
    """State the last night's change of an option, as the mart would."""
    parts = ", ".join(f"{by_factor_usd.get(name, 0)}::decimal(18, 4) as by_{name}_usd" for name in FACTORS)
    total = sum(by_factor_usd.values())
    changed(
        home,
        f"create or replace table cost_change as select date '2099-01-01' as change_date,"
        f" 'dialogue-llama-70b' as scenario_id, '{option}' as option_id, {parts}",
        f"update daily_cost set cost_date = date '2099-01-01', usd_per_day = usd_per_day + {total}"
        f" where option_id = '{option}' and {SCENARIO}",
    )


def parts(night: Night, home: Path, option: str) -> dict[str, float]:
    done = night.run("why", option, "--format", "json", COSTWATT_HOME=str(home))
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return {row["factor"]: row["usd_per_day"] for row in rows if row["usd_per_day"]}


def test_the_published_mart_has_a_part_for_every_factor(offline_night: Night) -> None:
    columns = {name for name, *_ in offline_night.rows("describe cost_change")}
    assert {f"by_{name}_usd" for name in FACTORS} <= columns


def test_nothing_moved(offline_night: Night, two_nights: Path) -> None:
    moved(two_nights, OWNED, tariff=1.0)
    assert parts(offline_night, two_nights, CLOUD) == {}


def test_the_parts_are_those_of_the_nights_since(offline_night: Night, two_nights: Path) -> None:
    moved(two_nights, OWNED, tariff=12.5, assumption=-2.25)
    assert parts(offline_night, two_nights, OWNED) == {"tariff": 12.5, "assumption": -2.25}


def test_people_see_totals_parts_and_the_figures_that_moved(offline_night: Night, two_nights: Path) -> None:
    ((before,),) = offline_night.rows(f"select usd_per_day from daily_cost where option_id = '{CLOUD}' and {SCENARIO}")
    moved(two_nights, CLOUD, price=100.0)
    changed(two_nights, f"update option set usd_per_hour = 20 where option_id = '{CLOUD}'")
    text = offline_night.run("why", CLOUD, COSTWATT_HOME=str(two_nights)).stdout
    assert f"{before:,.2f} USD/day on 2026-11-21" in text
    assert "+100.00 USD/day" in text
    assert re.search(r"^price +\+100\.00", text, re.MULTILINE)
    assert re.search(r"^usd_per_hour +13\.96 +20\.0", text, re.MULTILINE)


def test_another_currency_is_that_of_the_last_night_for_both(offline_night: Night, two_nights: Path) -> None:
    ((before,),) = offline_night.rows(f"select usd_per_day from daily_cost where option_id = '{CLOUD}' and {SCENARIO}")
    moved(two_nights, CLOUD, price=100.0, exchange_rate=-20.0)
    changed(two_nights, "update fx_rate set usd_per_unit = 1.25 where currency = 'EUR'")
    asked = ("why", CLOUD, "--currency", "eur")
    text = offline_night.run(*asked, COSTWATT_HOME=str(two_nights)).stdout
    assert f"{float(before) * 0.8:,.2f} EUR/day on 2026-11-21, {float(before + 80) * 0.8:,.2f} on 2099-01-01" in text  # type: ignore[operator]
    assert "+64.00 EUR/day" in text
    assert re.search(r"^exchange rate +-16\.00$", text, re.MULTILINE)
    rows = json.loads(offline_night.run(*asked, "--format", "json", COSTWATT_HOME=str(two_nights)).stdout)
    assert {row["factor"]: row["eur_per_day"] for row in rows if row["eur_per_day"]} == {
        "price": 80.0,
        "exchange_rate": -16.0,
    }
    unknown = offline_night.run(*asked[:3], "EUX", COSTWATT_HOME=str(two_nights))
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "--currency EUX: no exchange rate is known" in unknown.stderr


def test_a_night_that_is_not_kept_is_refused(offline_night: Night, two_nights: Path) -> None:
    done = offline_night.run("why", CLOUD, "--since", "2020-01-01", COSTWATT_HOME=str(two_nights))
    assert done.returncode == 2
    assert "kept are 2026-11-21, 2099-01-01" in done.stderr


def test_one_night_cannot_be_compared(offline_night: Night) -> None:
    done = offline_night.run("why", CLOUD)
    assert done.returncode == 2
    assert "only the night of 2026-11-21 is kept" in done.stderr
