"""The page of a night in headless Chromium, from the disk: drawn, right, readable on a phone and without a mouse."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support.ui import WebDriverWait

from flows.dashboard import write_dashboard
from tests.flows.conftest import Night
from tests.flows.test_dashboard import with_past

WAIT_S = 20
PHONE, DESK = (390, 844), (1280, 900)
Open = Callable[..., WebDriver]


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebDriver]:
    options = webdriver.ChromeOptions()
    profile = tmp_path_factory.mktemp("chromium")
    for switch in ("--headless=new", "--disable-dev-shm-usage", f"--user-data-dir={profile}"):
        options.add_argument(switch)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses its sandbox to root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    yield driver
    driver.quit()


@pytest.fixture
def page(browser: WebDriver, live_night: Night) -> Open:
    def open_page(
        size: tuple[int, int] = DESK, scheme: str = "light", scenario: str = "", file: Path | None = None
    ) -> WebDriver:
        for kind in ("browser", "performance"):
            browser.get_log(kind)  # empties it
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        browser.get("about:blank")
        address = (file or live_night.home / "published" / "index.html").as_uri()
        browser.get(f"{address}#scenario={scenario}" if scenario else address)
        return drawn(browser)

    return open_page


def drawn(browser: WebDriver) -> WebDriver:
    """Wait until every chart that is shown holds marks."""
    script = (
        "return [...document.querySelectorAll('.chart')].filter(e => e.offsetParent)"
        ".map(e => e.querySelectorAll('svg .mark-symbol path, svg .mark-rect path, svg .mark-line path').length)"
    )
    WebDriverWait(browser, WAIT_S).until(lambda b: (marks := b.execute_script(script)) and all(marks))
    return browser


def requests(browser: WebDriver) -> list[str]:
    events = (json.loads(entry["message"])["message"] for entry in browser.get_log("performance"))
    sent = [e["params"] for e in events if e["method"] == "Network.requestWillBeSent"]
    return [request["request"]["url"] for request in sent if request["documentURL"].startswith("file:")]


def shown_figure(browser: WebDriver) -> str:
    figures = browser.find_elements(By.CSS_SELECTOR, "[data-figure=usd_per_day]")
    return next(figure.text for figure in figures if figure.is_displayed())


def test_it_asks_for_nothing_but_itself_and_logs_no_error(page: Open) -> None:
    browser = page()
    asked = requests(browser)
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert [url for url in asked if url.startswith("file:")] == [browser.current_url]
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_the_figure_of_each_service_is_the_database_s(page: Open, live_night: Night) -> None:
    browser = page()
    best = live_night.rows("select scenario_id, usd_per_day from scenario_daily order by 1")
    assert len(best) > 5
    for scenario, usd in best:
        browser.execute_script("location.hash = `scenario=${arguments[0]}`", scenario)
        WebDriverWait(browser, WAIT_S).until(
            lambda b, want=scenario: b.find_element(By.ID, "scenario").get_property("value") == want
        )
        assert shown_figure(drawn(browser)) == f"{usd:,.0f}"


def test_as_many_bars_and_dots_as_rows(page: Open, live_night: Night) -> None:
    browser = page(scenario="dialogue-llama-70b")
    dots = "return document.querySelectorAll(`[data-rows='${arguments[0]}'] .mark-symbol.role-mark path`).length"
    rows = "return JSON.parse(document.getElementById('charts').textContent).data[arguments[0]].length"
    for name in ("options-dialogue-llama-70b", "substitutes-dialogue-llama-70b", "tariffs"):
        assert browser.execute_script(dots, name) == browser.execute_script(rows, name) > 0
    bars = "return document.querySelectorAll(`[data-rows='${arguments[0]}'] .mark-rect.role-mark path`).length"
    ((parts,),) = live_night.rows(
        "select count(distinct (option_id, cost_class)) from daily_cost_component"
        " semi join cheapest_option using (scenario_id, option_id) where scenario_id = 'dialogue-llama-70b'"
    )
    assert browser.execute_script(bars, "stack-dialogue-llama-70b") == parts


def test_a_phone_scrolls_in_one_direction_only(page: Open) -> None:
    browser = page(PHONE)
    browser.execute_script("document.querySelectorAll('details').forEach(e => { e.open = true })")
    assert browser.execute_script("return document.documentElement.scrollWidth") == PHONE[0]
    sizes = browser.execute_script("return [...document.querySelectorAll('p')].map(e => getComputedStyle(e).fontSize)")
    assert min(float(size.removesuffix("px")) for size in sizes) >= 14


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_cost_through_time_is_a_line_for_each_kind(
    page: Open, live_night: Night, tmp_path: Path, size: tuple[int, int]
) -> None:
    with_past(live_night, tmp_path)
    browser = page(size, scenario="dialogue-llama-70b", file=write_dashboard(tmp_path, "run"))
    chart = "[data-rows=costs-dialogue-llama-70b]"
    lines = browser.find_elements(By.CSS_SELECTOR, f"{chart} .mark-line.role-mark path")
    points = browser.find_elements(By.CSS_SELECTOR, f"{chart} .mark-symbol.role-mark path")
    ((kinds,),) = live_night.rows("select count(*) from cheapest_option where scenario_id = 'dialogue-llama-70b'")
    assert (len(lines), len(points)) == (kinds, 2 * int(str(kinds)))
    names = browser.find_elements(By.CSS_SELECTOR, f"{chart} .role-legend-label text")
    assert len(names) == kinds
    assert browser.execute_script("return document.documentElement.scrollWidth") <= size[0]


def test_the_keyboard_alone_reaches_another_service(page: Open) -> None:
    browser = page()
    before = shown_figure(browser)
    reached = []
    while "scenario" not in reached and len(reached) < 5:
        browser.switch_to.active_element.send_keys(Keys.TAB)
        reached.append(browser.switch_to.active_element.get_attribute("id"))
    browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    WebDriverWait(browser, WAIT_S).until(lambda b: shown_figure(b) != before)


def test_a_link_brings_the_keyboard_to_its_section(page: Open) -> None:
    browser = page(scenario="dialogue-llama-70b")
    link = browser.find_element(By.CSS_SELECTOR, "nav a[href='#scale']")
    link.send_keys(Keys.ENTER)
    section = browser.switch_to.active_element
    assert section.get_attribute("data-section") == "scale"
    assert section.is_displayed()
    assert browser.current_url.endswith("#scenario=dialogue-llama-70b")
    bar = browser.execute_script("return document.querySelector('.bar').getBoundingClientRect().bottom")
    assert browser.execute_script("return arguments[0].getBoundingClientRect().top", section) >= bar - 1


def luminance(browser: WebDriver, element: str, style: str) -> float:
    colour = browser.execute_script(
        "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]", element, style
    )
    channels = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_schemes(page: Open, scheme: str) -> None:
    browser = page(scheme=scheme)
    ground = luminance(browser, ".card", "backgroundColor")
    assert (ground < 0.1) == (scheme == "dark")
    for element, style in (("p", "color"), (".muted", "color"), (".chart text", "fill")):
        lighter, darker = sorted((luminance(browser, element, style), ground), reverse=True)
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, element  # WCAG 2.2, 1.4.3


def test_what_is_read_aloud_has_names(page: Open) -> None:
    browser = page()
    tree: list[Any] = browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    named = {(n["role"]["value"], bool(n.get("name", {}).get("value"))) for n in tree if not n["ignored"]}
    assert {("main", False), ("combobox", True)} <= named
    assert ("combobox", False) not in named
    assert ("region", False) not in named


def test_it_works_from_a_copy_elsewhere(page: Open, live_night: Night, tmp_path: Path) -> None:
    page()
    copy = shutil.copy(live_night.home / "published" / "index.html", tmp_path / "cost.html")
    browser = page()
    browser.get(Path(copy).as_uri())
    assert shown_figure(drawn(browser))
