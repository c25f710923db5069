"""The page of a night, without a browser: self-contained, its figures the database's, foreign text harmless."""

from __future__ import annotations

import json
import re
import shutil
from datetime import date, timedelta
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.dashboard import PAGE, write_dashboard
from tests.flows.conftest import Night

HOSTILE = "</script><img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """Every attribute that a browser would load, the scripts, and the text of marked figures."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.tags: list[str] = []
        self.charts = ""
        self._in_charts = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = dict(attrs)
        self.loads += [value for name in ("src", "href") if (value := given.get(name))]
        self._in_charts = given.get("id") == "charts"

    def handle_data(self, data: str) -> None:
        if self._in_charts:
            self.charts += data
            self._in_charts = False


@pytest.fixture(scope="session")
def page_text(live_night: Night) -> str:
    return (live_night.home / "published" / PAGE).read_text()


@pytest.fixture(scope="session")
def charts(page_text: str) -> Any:
    return json.loads(Page(page_text).charts)


def test_the_page_loads_nothing_from_anywhere(page_text: str) -> None:
    assert [address for address in Page(page_text).loads if not address.startswith(("#", "data:"))] == []
    assert "default-src 'none'" in page_text
    assert len(page_text) < 5_000_000


def test_the_page_names_its_run_and_the_terms_of_its_prices(page_text: str, live_night: Night) -> None:
    ((run_id,),) = live_night.rows("select distinct run_id from run")
    assert f'<meta name="costwatt-run" content="{run_id}">' in page_text
    assert "List prices, excluding tax" in page_text


def test_every_chart_of_the_page_has_a_specification_and_rows(page_text: str, charts: Any) -> None:
    drawn = re.findall(r'data-chart="([^"]+)" data-rows="([^"]+)"', page_text)
    assert len(drawn) > 20
    assert {chart for chart, _ in drawn} <= charts["specs"].keys()
    assert {rows for _, rows in drawn} == charts["data"].keys()
    assert all(charts["data"].values())


def test_the_charts_show_the_figures_of_the_database(charts: Any, live_night: Night) -> None:
    stack = [
        (row["option_id"], row["cost_class"], row["class_usd_per_day"])
        for row in charts["data"]["stack-dialogue-llama-70b"]
    ]
    expected = live_night.rows(
        "select option_id, cost_class, sum(usd_per_day)::double from daily_cost_component"
        " semi join cheapest_option using (scenario_id, option_id) where scenario_id = 'dialogue-llama-70b'"
        " group by all"
    )
    assert sorted(stack) == sorted(expected)
    tariffs = {row["tariff_zone"]: row["usd_per_kwh"] for row in charts["data"]["tariffs"]}
    assert live_night.rows(
        "select max(usd_per_kwh)::double from tariff_daily where tariff_zone = 'US-VA' and kind = 'retail'"
    ) == [(tariffs["US-VA"],)]


def test_the_best_of_each_way_stands_at_the_top(page_text: str, live_night: Night) -> None:
    listed = page_text[page_text.index('<ul class="ways">') :]
    shown = re.findall(r'<span class="amount">([^<]+)</span>', listed[: listed.index("</ul>")])
    best = live_night.rows(
        "select usd_per_day from cheapest_option where scenario_id = 'dialogue-llama-70b' order by rank"
    )
    assert shown == [f"{usd:,.0f}" for (usd,) in best]


def test_a_first_night_says_so_where_time_would_be_drawn(page_text: str, charts: Any, live_night: Night) -> None:
    ((cost_date,),) = live_night.rows("select distinct cost_date from daily_cost")
    assert f"Nothing to compare yet: the costs of these options are known since {cost_date}" in page_text
    assert "This is the first night" in page_text
    assert [name for name in charts["data"] if name.startswith(("costs-", "history"))] == []


def with_past(night: Night, folder: Path) -> date:
    """A copy of the night in which yesterday all cost half; returns tonight."""
    shutil.copy((night.home / "published" / "cost.duckdb").resolve(), folder)
    with duckdb.connect(str(folder / "cost.duckdb")) as con:
        ((tonight,),) = con.execute("select distinct cost_date from daily_cost").fetchall()
        con.execute(
            "insert into cost_history select * replace (usd_per_day / 2 as usd_per_day, valid_from - 1 as valid_from,"
            " valid_from as valid_to) from cost_history"
        )
    day: date = tonight
    return day


def test_cost_through_time_is_the_history_of_tonight_s_best(live_night: Night, tmp_path: Path) -> None:
    tonight = with_past(live_night, tmp_path)
    text = write_dashboard(tmp_path, "run").read_text()
    drawn = [
        (row["option_id"], row["day"], row["usd_per_day"])
        for row in json.loads(Page(text).charts)["data"]["costs-dialogue-llama-70b"]
    ]
    best = live_night.rows(
        "select option_id, usd_per_day::double from cheapest_option where scenario_id = 'dialogue-llama-70b'"
    )
    yesterday = (tonight - timedelta(days=1)).isoformat()
    expected = [
        point
        for option, usd in best
        for point in ((option, yesterday, usd / 2), (option, tonight.isoformat(), usd))  # type: ignore[operator]
    ]
    assert sorted((option, day, pytest.approx(usd, abs=1e-4)) for option, day, usd in drawn) == sorted(expected)
    assert "Nothing to compare yet" not in text


def test_no_line_of_the_options_is_ranked_beside_another_model(charts: Any) -> None:
    for name, rows in charts["data"].items():
        ranks = [row["rank"] for row in rows if name.startswith(("options-", "substitutes-"))]
        assert (None in ranks) == name.startswith("substitutes-")


def test_text_of_a_source_cannot_become_markup(live_night: Night, tmp_path: Path) -> None:
    shutil.copy((live_night.home / "published" / "cost.duckdb").resolve(), tmp_path)
    with duckdb.connect(str(tmp_path / "cost.duckdb")) as con:
        con.execute("update source_status set message = ?", [HOSTILE])
        con.execute("update tariff_zone set name = ?", [HOSTILE])
    text = write_dashboard(tmp_path, "run").read_text()
    assert "img" not in Page(text).tags
    assert json.loads(Page(text).charts)["data"]["tariffs"][0]["name"] == HOSTILE


def test_a_night_without_a_ranked_option_says_why(live_night: Night, tmp_path: Path) -> None:
    shutil.copy((live_night.home / "published" / "cost.duckdb").resolve(), tmp_path)
    with duckdb.connect(str(tmp_path / "cost.duckdb")) as con:
        con.execute("update daily_cost set rank = null where scenario_id = 'dialogpt-medium'")
        con.execute("delete from scenario_daily where scenario_id = 'dialogpt-medium'")
        con.execute("delete from cheapest_option where scenario_id = 'dialogpt-medium'")
    assert "no ranked option" in write_dashboard(tmp_path, "run").read_text()


def test_the_command_prints_the_page(live_night: Night, tmp_path: Path) -> None:
    done = live_night.run("dashboard")
    assert (done.returncode, done.stdout.strip()) == (0, str(live_night.home / "published" / PAGE))
    before = live_night.run("dashboard", COSTWATT_HOME=str(tmp_path / "new"))
    assert before.returncode == 2
    assert "run: costwatt refresh" in before.stderr
