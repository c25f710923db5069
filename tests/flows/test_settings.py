"""A setting that is wrong is one line at the start: which, what is wrong, and never a piece of a secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from connectors.errors import UsageError
from flows.config_tables import DemandProfile, Measured, Range, Scenario
from flows.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
SERVICE = {"model": "qwen3-32b", "requests_per_day": 1000, "input_tokens": 100, "output_tokens": 50}


@pytest.fixture(autouse=True)
def _place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in [n for n in os.environ if n.startswith("COSTWATT_")]:
        monkeypatch.delenv(name)


def refused(**given: Any) -> str:
    with pytest.raises(UsageError) as error:
        load_settings(**given)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_example_is_valid() -> None:
    Path("costwatt.toml").write_text((ROOT / "costwatt.example.toml").read_text())
    Path(".env").write_text((ROOT / ".env.example").read_text().replace("# COSTWATT_", "COSTWATT_"))
    assert load_settings().scenarios["my-chat"].requests_per_day == 250_000


@pytest.mark.parametrize(
    ("name", "near"), [("COSTWATT_OFLINE", "COSTWATT_OFFLINE"), ("COSTWATT_AWS_REGION", "COSTWATT_AWS_REGIONS")]
)
def test_a_misspelt_name_of_the_environment_is_refused(monkeypatch: pytest.MonkeyPatch, name: str, near: str) -> None:
    Path(".env").write_text(f"{name}=1\n")
    told = refused()
    assert told.startswith(f".env: no setting is called {name!r}; near names: {near}")
    monkeypatch.setenv(name, "1")
    assert refused().startswith(f"environment: no setting is called {name!r}; near names: {near}")


def test_names_that_others_read_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COSTWATT_DIRECTORY", "COSTWATT_BENCH_HOME", "COSTWATT_SERVICE_HOST", "COSTWATT_PORT"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("COSTWATT_OFFLINE", "1")
    assert load_settings().offline


@pytest.mark.parametrize("file", ["costwatt.toml", ".env"])
@pytest.mark.parametrize("target", ["nowhere", None])
def test_a_file_that_links_nowhere_is_not_no_file(file: str, target: str | None) -> None:
    Path(file).symlink_to(target or file)
    assert file in refused()


@pytest.mark.parametrize(
    "change",
    [
        {"requests_per_day": float("inf")},
        {"requests_per_day": float("nan")},
        {"requests_per_day": 1e13},
        {"input_tokens": 1e8},
        {"min_replicas": 999_999_999_999_999},
        {"spare_nodes": 1_000_001},
        {"peak_to_average_ratio": 25},
        {"cache_hit_ratio": 0.999},
    ],
)
def test_a_scenario_is_bounded_as_its_options_are(change: dict[str, float]) -> None:
    Scenario.model_validate(SERVICE)
    assert f"setting scenarios.mine.{next(iter(change))}: " in refused(scenarios={"mine": SERVICE | change})


@pytest.mark.parametrize(
    ("counted", "told"),
    [
        ([1.0] * 23, "requests_by_hour: 23 numbers; give the 24 hours of a day, or the 168 of a week"),
        ([1.0] * 169, "requests_by_hour: 169 numbers"),
        ([], "requests_by_hour: 0 numbers"),
        ([0.0] * 24, "requests_by_hour: no hour has a request"),
        ([1.0, -1.0] * 12, "requests_by_hour.2: Input should be greater than or equal to 0 (got -1.0)"),
        ([1.0, 1.0, float("nan")] * 8, "requests_by_hour.3: Input should be a finite number"),
        ([float("inf")] * 24, "requests_by_hour.1: "),
        (["many"] * 24, "requests_by_hour.1: Input should be a valid number"),
    ],
)
def test_a_demand_profile_is_a_day_or_a_week_of_counts(counted: list[Any], told: str) -> None:
    answer = refused(demand_profiles={"mine": {"requests_by_hour": counted}})
    assert answer.startswith(f"setting demand_profiles.mine.{told}")


def test_counts_become_shares_of_a_mean_day_in_any_unit() -> None:
    counted = [0.0] * 12 + [30.0] * 12
    for unit in (5e-324, 1.0, 1e9):
        day, week = (DemandProfile(requests_by_hour=[x * unit for x in counted] * days) for days in (1, 7))
        assert day.shares_of_day == pytest.approx([0] * 12 + [1 / 12] * 12)
        assert week.shares_of_day == pytest.approx(day.shares_of_day * 7)


@pytest.mark.parametrize(
    ("scenario", "ratio"),
    [
        ({}, 2.0),
        ({"demand_profile": "mine"}, 3.0),
        ({"demand_profile": "mine", "peak_to_average_ratio": 1.5}, 1.5),
        ({"demand_profile": "flat", "peak_to_average_ratio": 1.3}, 1.3),
    ],
)
def test_the_busiest_hour_is_the_given_one_else_that_of_an_own_profile(scenario: dict[str, Any], ratio: float) -> None:
    eight_hours = DemandProfile(requests_by_hour=[10.0] * 8 + [0.0] * 16)
    settings = load_settings(demand_profiles={"mine": eight_hours}, scenarios={"mine": SERVICE | scenario})
    assert settings.peak_to_average_ratio(settings.scenarios["mine"]) == pytest.approx(ratio)


def test_a_measurement_is_bounded() -> None:
    given = {"model": "qwen3-32b", "accelerator": "h100-sxm", "precision": "fp8", "count": 4, "input": 900}
    given |= {"output": 250, "tok_s": 2100, "itl_ms": 45}
    Measured.model_validate(given)
    assert refused(measured=[given | {"tok_s": 1e300}]).startswith("setting measured.1.tok_s: ")


@pytest.mark.parametrize(
    "given",
    [
        {"value": 0.1, "low": 0.2},
        {"value": 0.1, "high": 0.05},
        {"value": -5},
        {"value": float("nan")},
        {"value": float("inf")},
        {"value": 0.1, "low": float("nan")},
        {"value": 0.1, "high": float("inf")},
    ],
)
def test_a_figure_lies_in_its_interval_and_is_finite(given: dict[str, float]) -> None:
    Range(value=0.1, low=0.1, high=0.1)
    assert refused(assumptions={"cost_of_capital_ratio": given}).startswith("setting assumptions.cost_of_capital_ratio")


@pytest.mark.parametrize(
    "address",
    [
        "https://[::1/canary", "https://h:canary/x", "https://canary.example:99999/x", "https://canary.example:0/x",
        f"https://{'canary' * 11}.example/x", "http://canary.example/x", "https:///canary", "canary", "ftp://canary/x",
    ],
)  # fmt: skip
def test_a_webhook_that_cannot_be_asked_is_refused_unseen(address: str) -> None:
    told = refused(alert_webhook=address)
    assert told.startswith("setting alert_webhook: ")
    assert "canary" not in told


@pytest.mark.parametrize("address", ["https://hooks.example/a/b?c=d", "http://127.0.0.1:8080/x", "https://[::1]:1/x"])
def test_a_webhook_passes(address: str) -> None:
    webhook = load_settings(alert_webhook=address).alert_webhook
    assert webhook is not None
    assert webhook.get_secret_value() == address


@pytest.mark.parametrize("character", "/#?@")
@pytest.mark.parametrize("start", ["12", "canary"])
def test_a_password_that_is_not_encoded_is_refused_unseen(character: str, start: str) -> None:
    told = refused(publish_postgres=f"postgresql://user:{start}{character}canary@db.example/costs")
    assert "percent-encode / # ? @ in the password" in told
    assert not [piece for piece in ("canary", "user:", "db.example", "costs") if piece in told]


@pytest.mark.parametrize("end", ["db.example:0/x", "db.example:65536/x", "[::1/x", f"{'d' * 64}.example/x"])
def test_a_postgres_without_host_or_port_is_refused(end: str) -> None:
    assert "expected postgresql://" in refused(publish_postgres=f"postgresql://user:canary@{end}")
    assert "expected postgresql://" in refused(
        warehouse=f"ducklake:postgresql://user:canary@{end}", warehouse_data="/data"
    )


def test_another_scheme_is_no_postgres() -> None:
    assert "expected postgresql://" in refused(publish_postgres="mysql://user:canary@db.example/x")


@pytest.mark.parametrize(
    "address",
    ["postgres://u:a%2Fb%40c@db.example/x", "postgresql://u@a:1,b:2/x", "postgresql:///x?host=/run/postgresql"],
)
def test_a_postgres_passes(address: str) -> None:
    assert load_settings(publish_postgres=address).publish_postgres


def test_pieces_of_secret_addresses_are_hidden() -> None:
    settings = load_settings(
        alert_webhook="https://hooks.example/services/T0CANARY1/B0canary%2F2?key=canary-three",
        publish_postgres="postgresql://u:canary%2Ffour@db.example/x?password=canary-five",
        eia_api_key="//[canary-six",
    )
    for told in (
        "url: /services/T0CANARY1/B0canary%2F2?key=canary-three (Caused by", "T0CANARY1", "B0canary/2", "canary-three",
        "password canary/four", "canary%2Ffour", "canary-five", "//[canary-six",
    ):  # fmt: skip
        assert "canary" not in settings.hide(told).lower()
    assert settings.hide("services of db.example") == "services of db.example"


@pytest.mark.parametrize("home", ["~nosuch/x", "loop", "a{{b", "a}}b", "a{%b", "a?b", "a\0b"])
def test_a_home_that_cannot_be_used_is_refused_in_one_line(home: str) -> None:
    Path("loop").symlink_to("loop")
    with pytest.raises(UsageError, match="COSTWATT_HOME") as error:
        Settings(home=Path(home)).paths.make()
    assert "\n" not in str(error.value)
