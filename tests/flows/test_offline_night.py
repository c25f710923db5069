"""A night with no network at all: the bundled figures, each saying so."""

from __future__ import annotations

import re
from pathlib import Path

from flows.baseline import write_baseline
from flows.published import BASELINE
from tests.flows.conftest import Night
from tests.regenerate import README, readme_with, trimmed


def test_the_night_passes_with_no_network(offline_night: Night) -> None:
    assert offline_night.first.returncode == 0, offline_night.first.stderr[-2000:]


def test_a_dead_network_costs_ten_seconds_at_most(offline_night: Night) -> None:
    (fetch_s,) = offline_night.rows("select duration_s from run where stage = 'fetch'")[0]
    assert fetch_s < 10


def test_every_kind_of_option_is_priced_and_marked_bundled(offline_night: Night) -> None:
    rows = offline_night.rows(
        "select deployment, min(price_origin), max(price_origin), count(usd_per_day) > 0, min(price_age_days) >= 0"
        " from daily_cost where scenario_id = 'dialogue-llama-70b' and usd_per_day is not null group by 1 order by 1"
    )
    assert rows == [(kind, "bundled", "bundled", True, True) for kind in ("api", "cloud", "colocated", "owned")]


def test_the_table_shows_cloud_own_and_api_options(offline_night: Night) -> None:
    for kind in ("azure/", "onprem/", "api/"):
        assert re.search(rf"^ *\d+ +{kind}\S+.* bundled +\d+ ", offline_night.first.stdout, re.MULTILINE), kind


def test_every_region_has_a_tariff_with_its_date(offline_night: Night) -> None:
    ((regions, zones),) = offline_night.rows(
        "select count(distinct (region.provider, region.region)),"
        " count(distinct (region.provider, region.region)) filter (where tariff_daily.usd_per_kwh > 0)"
        " from region left join tariff_daily on tariff_daily.tariff_zone = region.tariff_zone and kind = 'retail'"
    )
    assert regions >= 100
    assert zones == regions


def test_the_bundled_baseline_is_this_night(offline_night: Night, tmp_path: Path) -> None:
    with offline_night.connect() as con:
        write_baseline(con, tmp_path / "baseline.csv")
    assert (tmp_path / "baseline.csv").read_text() == BASELINE.read_text(), "run: python -m tests.regenerate"


def test_readme_shows_this_night(offline_night: Night) -> None:
    assert README.read_text() == readme_with(trimmed(offline_night.first.stdout)), "run: python -m tests.regenerate"


def test_today_before_the_first_night_shows_the_baseline(offline_night: Night, tmp_path: Path) -> None:
    done = offline_night.run("today", COSTWATT_HOME=str(tmp_path / "new"))
    assert done.returncode == 0
    assert "bundled figures" in done.stderr
    assert done.stdout.splitlines()[0] == offline_night.first.stdout.splitlines()[0]
