"""One whole night against the fakes, as a person runs it: through Prefect, dbt and the swap."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from decimal import Decimal

import pytest

from tests.flows.conftest import Night

COMPONENTS = (
    "rental_usd + hardware_usd + energy_usd + cooling_usd + facility_usd + network_usd + storage_usd"
    " + software_usd + maintenance_usd + staff_usd + tokens_usd"
)


def test_the_night_passes_and_prints_a_dated_table(live_night: Night) -> None:
    assert live_night.first.returncode == 0, live_night.first.stderr[-2000:]
    assert re.search(r"^\d{4}-\d\d-\d\d  dialogue-llama-70b: [\d,]+ USD per day", live_night.first.stdout, re.MULTILINE)
    assert "prefect_start:" in live_night.first.stderr


def test_every_price_equals_the_served_one_to_the_last_decimal(live_night: Night) -> None:
    served = {
        ("aws", "us-east-1", "p4d.24xlarge"): Decimal("21.9576420000"),
        ("aws", "us-west-2", "p4d.24xlarge"): Decimal("21.9576400000"),
        ("aws", "us-east-1", "p5.48xlarge"): Decimal("55.0400000000"),
        ("azure", "eastus", "Standard_ND96isr_H100_v5"): Decimal("98.3200000000"),
    }
    found = live_night.rows(
        "select provider, region, sku, price_per_hour, price_origin from instance_price_current"
        " where purchase_option = 'on_demand' and operating_system = 'Linux'"
    )
    prices = {(p, r, s): (price, origin) for p, r, s, price, origin in found}
    assert {key: prices[key] for key in served} == {key: (price, "live") for key, price in served.items()}


def test_all_rows_of_the_sources_that_answered_are_live(live_night: Night) -> None:
    rows = live_night.rows(
        "select distinct price_origin from instance_price_current where source in ('aws_prices', 'azure_prices')"
    )
    assert rows == [("live",)]


def test_no_windows_price_leaks_into_linux(live_night: Night) -> None:
    (worst,) = live_night.rows(
        "select max(price_per_hour) from instance_price_current"
        " where sku = 'Standard_ND96isr_H100_v5' and region = 'eastus' and operating_system = 'Linux'"
    )
    assert worst == (Decimal("98.32"),)  # Windows asks 102.736


def test_components_sum_to_the_total_to_the_cent(live_night: Night) -> None:
    assert live_night.rows(
        f"select count(*) from daily_cost where usd_per_day is not null and usd_per_day <> {COMPONENTS}"
    ) == [(0,)]


def test_enough_is_priced_and_nothing_is_free(live_night: Night) -> None:
    ((priced, cheapest),) = live_night.rows("select count(usd_per_day), min(usd_per_day) from daily_cost")
    assert priced >= 500
    assert cheapest > 0


def test_every_published_column_says_what_it_is_and_in_which_unit(live_night: Night) -> None:
    units = {
        "_usd": "USD",
        "usd_per_day": "[USD/day]",
        "usd_per_hour": "[USD/hour]",
        "usd_per_kwh": "[USD/kWh]",
        "_ms": "[ms]",
        "_w": "[W]",
        "_days": "[day]",
        "_hours": "[h]",
        "_ratio": "[ratio]",
        "_gbit_s": "[Gbit/s]",
        "_gib": "[GiB]",
        "kwh_per_day": "[kWh]",
        "_rows": "[1]",
        "_tokens": "token",
        "_s": "[s]",
    }
    columns = live_night.rows(
        "select table_name, column_name, comment from duckdb_columns()"
        " where schema_name = 'main' and not internal and database_name = 'cost'"
    )
    assert len(columns) > 300
    assert [c for c in columns if not c[2]] == []
    for table, column, comment in columns:
        suffix = next((s for s in units if str(column).endswith(s)), None)
        if suffix:
            assert units[suffix] in str(comment), f"{table}.{column}: {comment}"


def test_the_manifest_names_every_table_with_its_rows(live_night: Night) -> None:
    manifest = json.loads((live_night.home / "published" / "manifest.json").read_text())
    for table, entry in manifest["tables"].items():
        assert live_night.rows(f'select count(*) from "{table}"') == [(entry["rows"],)]
        assert (live_night.home / "published" / entry["file"]).exists()
    assert manifest["tables"]["daily_cost"]["rows"] > 500


def test_while_a_second_night_runs_sql_is_answered_and_no_figure_changes(live_night: Night) -> None:
    before = _tables(live_night)
    refresh = subprocess.Popen(
        [sys.executable, "-m", "flows", "refresh"],
        env={"PATH": "/usr/bin:/bin", **live_night.env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    answers = []
    while refresh.poll() is None:
        answers.append(live_night.run("sql", "select count(*) from daily_cost", "--format", "csv"))
        time.sleep(0.5)
    assert refresh.returncode == 0
    assert len(answers) > 3
    assert {a.returncode for a in answers} == {0}
    assert len({a.stdout for a in answers}) == 1  # the same night again: the same count
    assert _tables(live_night) == before


def _tables(night: Night) -> dict[str, str]:
    """sha256 of each exported table, but for those that tell of the run itself."""
    manifest = json.loads((night.home / "published" / "manifest.json").read_text())
    return {t: e["sha256"] for t, e in manifest["tables"].items() if t not in {"run", "source_status"}}


def test_another_process_can_write_the_warehouse_after_the_night(live_night: Night) -> None:
    code = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('create or replace table probe as select 1'); c.execute('drop table probe')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(live_night.home / "warehouse.duckdb")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


TODAY = """
import sys
from flows.cli import main

sys.argv = ["costwatt", "today"]
try:
    main()
finally:
    print(*sys.modules)
"""


def test_today_imports_nothing_that_only_a_night_needs(live_night: Night) -> None:
    env = dict(os.environ) | live_night.env
    done = subprocess.run([sys.executable, "-c", TODAY], env=env, capture_output=True, text=True, check=True)
    slow = {"prefect", "dbt", "boto3", "botocore", "azure", "altair", "requests", "genai_prices", "costmodel.money"}
    assert slow.isdisjoint(done.stdout.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("create table x (i int)", "read-only"),
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("attach '/nowhere/x.duckdb'", "disabled"),
        ("copy daily_cost to '/nowhere/x.csv'", "disabled"),
        ("set enable_external_access = true", "locked"),
        ("select 1; select 2", "one statement"),
        ("select nonsense from daily_cost", "nonsense"),
    ],
)
def test_sql_cannot_write_or_leave(live_night: Night, statement: str, why: str) -> None:
    done = live_night.run("sql", statement)
    assert done.returncode == 2
    assert done.stderr.startswith("costwatt: ")
    assert why in done.stderr
    assert "Traceback" not in done.stderr


def test_modes_keep_the_warehouse_private_and_the_marts_open(live_night: Night) -> None:
    home = live_night.home
    assert (home / "warehouse.duckdb").stat().st_mode & 0o777 == 0o600
    assert (home / "landing").stat().st_mode & 0o777 == 0o700
    assert (home / "published" / "cost.duckdb").stat().st_mode & 0o777 == 0o644
