"""A setting that is wrong is one line at the start: which, what is wrong, and never a piece of a secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from connectors.errors import UsageError
from flows.cli import app
from flows.config_tables import BOUNDS, WHOLE_BOUNDS, DemandProfile, Measured, Range, Scenario
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


def test_too_few_draws_for_a_percentile_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTWATT_COST_DRAWS", "256")
    assert load_settings().cost_draws == 256
    monkeypatch.setenv("COSTWATT_COST_DRAWS", "255")
    assert refused().startswith("setting cost_draws: Input should be greater than or equal to 256 (got '255')")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://prices.example", "only https is asked (plain http on loopback)"),
        ("https://clerk:hunter22@prices.example", "put user and password into ~/.netrc"),
        ("https://clerk:hunter22@prices.example:99999", "no address"),
        ("https://prices.example/?page=1", "expected https://HOST or https://HOST/PATH"),
    ],
)
def test_a_source_is_asked_at_a_safe_address_or_nothing_starts(url: str, told: str) -> None:
    Path("costwatt.toml").write_text(f'azure_retail_url = "{url}"\n')
    line = refused()
    assert line.startswith("setting azure_retail_url: ")
    assert told in line
    assert "hunter22" not in line
    assert load_settings(azure_retail_url="http://127.0.0.1:8123/azure").azure_retail_url.endswith(":8123/azure")


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
        {"requests_per_day": 0.5},
        {"input_tokens": 0.5},
        {"output_tokens": 0.5},
        {"ttft_p95_ms": 0.5},
        {"itl_mean_ms": 0.05},
        {"target_utilisation_ratio": 0.005},
        {"min_replicas": 0},
        {"requests_per_day": True},
        {"min_replicas": True},
        {"min_replicas": 2.0},
        {"ttft_p95_ms": True},
        {"input_tokens": "900"},
        {"allowed_precisions": []},
    ],
)
def test_a_scenario_is_bounded_as_its_options_are(change: dict[str, Any]) -> None:
    Scenario.model_validate(SERVICE)
    assert f"setting scenarios.mine.{next(iter(change))}: " in refused(scenarios={"mine": SERVICE | change})


@pytest.mark.parametrize(
    ("option", "name"),
    [
        ("requests-per-day", "requests_per_day"),
        ("input-tokens", "input_tokens"),
        ("output-tokens", "output_tokens"),
        ("cache-hit", "cache_hit_ratio"),
        ("ttft-ms", "ttft_p95_ms"),
        ("itl-ms", "itl_mean_ms"),
        ("peak-to-average", "peak_to_average_ratio"),
        ("utilisation", "target_utilisation_ratio"),
        ("min-replicas", "min_replicas"),
        ("spare-nodes", "spare_nodes"),
    ],
)
def test_estimate_takes_what_a_scenario_takes(option: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    least, greatest = (BOUNDS | WHOLE_BOUNDS)[name]
    asked = {"requests-per-day": 1, "input-tokens": 1, "output-tokens": 1}

    monkeypatch.setenv("COSTWATT_HOME", "home")

    def estimated(given: float) -> str:
        words = [f"--{key}={value:.20g}" for key, value in (asked | {option: given}).items()]
        return str(CliRunner().invoke(app, ["estimate", "--model=qwen3-32b", *words]).exception)

    for edge in (least, greatest):
        assert "none was published yet" in estimated(edge)
        assert load_settings(scenarios={"mine": SERVICE | {name: edge}})
    for beyond in (least - 0.5, greatest * 2):
        assert estimated(beyond).startswith(f"--{option} ")
        assert f"scenarios.mine.{name}: " in refused(scenarios={"mine": SERVICE | {name: beyond}})


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


MEASURED = {"model": "qwen3-32b", "accelerator": "h100-sxm", "precision": "fp8", "count": 4, "input": 900}
MEASURED |= {"output": 250, "tok_s": 2100, "itl_ms": 45}


def test_a_measurement_is_bounded() -> None:
    Measured.model_validate(MEASURED)
    for wrong in (1e300, True, "2100"):
        assert refused(measured=[MEASURED | {"tok_s": wrong}]).startswith("setting measured.1.tok_s: ")


def test_a_group_is_measured_once_at_a_load() -> None:
    told = refused(measured=[MEASURED, MEASURED | {"count": 8}, MEASURED | {"tok_s": 4200}])
    assert told.startswith(
        "setting measured: numbers 1 and 3 are both of qwen3-32b, h100-sxm, fp8, 4, 900.0, 250.0, 45.0;"
    )
    others = ({"count": 8}, {"precision": "bf16"}, {"input": 90}, {"output": 25}, {"accelerator": "h200-sxm"})
    others += ({"itl_ms": 70},)  # at another load
    assert len(load_settings(measured=[MEASURED, *(MEASURED | other for other in others)]).measured) == 7


@pytest.mark.parametrize("setting", ["aws_regions", "azure_regions", "onprem_zones"])
def test_no_region_is_not_every_region(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for none in ("", " , ", [], ()):
        assert refused(**{setting: none}).startswith(f"setting {setting}: names none; give all, ")
    monkeypatch.setenv(f"COSTWATT_{setting.upper()}", ",")
    assert refused().startswith(f"setting {setting}: names none; give all, ")
    monkeypatch.setenv(f"COSTWATT_{setting.upper()}", "")  # as if it were not set
    assert getattr(load_settings(), setting) == Settings.model_fields[setting].default


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("landing_keep = true", "setting landing_keep: expected a whole number (got True)"),
        ("alerts = {stale_days = false}", "setting alerts.stale_days: Input should be a valid integer (got False)"),
        ("assumptions.warm_up_h = {value = 0.5, high = true}", "setting assumptions.warm_up_h.high: Input should be"),
        ("demand_profiles.mine.requests_by_hour = [true]", "setting demand_profiles.mine.requests_by_hour.1: "),
        (
            '[[gate_exceptions]]\ncheck = "rows"\nsource = "x"\nreason = "x"\nuntil = 0',
            "setting gate_exceptions.1.until: expected a date, YYYY-MM-DD (got 0)",
        ),
        ('home = ""', "setting home: is blank; name a folder"),
        ('eia_api_key = " "', "setting eia_api_key: is blank; leave it out"),
        ('entsoe_token = ""', "setting entsoe_token: is blank; leave it out"),
        (f"cost_draws = {'7' * 5000}", "costwatt.toml: not valid TOML: Exceeds the limit"),
        (f"cost_draws = 0x{'f' * 5000}", "setting cost_draws: "),
        (f"alerts = {'[' * 3000}", "costwatt.toml: not valid TOML: nested too deep"),
        ("[alerts]\nstale_day = 3", "setting alerts.stale_day: no such key; near names: stale_days (got 3)"),
        (
            '[scenarios.mine]\nmodel = "qwen3-8b"\nrequests_per_day = 5\noutput_tokens = 5\ninput_token = 5',
            "setting scenarios.mine.input_token: no such key; near names: input_tokens, output_tokens (got 5);",
        ),
        ('[[site]]\ntarif_zone = "DE"', "setting site.1.tarif_zone: no such key; near names: tariff_zone (got 'DE')"),
        ("[[measured]]\ncounts = 4", "setting measured.1.counts: no such key; near names: count "),
    ],
)
def test_what_a_file_cannot_mean_is_one_line(text: str, told: str) -> None:
    Path("costwatt.toml").write_text(text)
    assert refused().startswith(told)


def test_a_text_of_the_environment_is_still_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COSTWATT_LANDING_KEEP", "30")
    monkeypatch.setenv("COSTWATT_ALERTS", '{"stale_days": 5}')
    monkeypatch.setenv("COSTWATT_OFFLINE", "1")
    settings = load_settings()
    assert (settings.landing_keep, settings.alerts.stale_days, settings.offline) == (30, 5, True)


@pytest.mark.parametrize("given", ["", " ", "a\tb", "a\x1b[2J", "mine ", "\u202enim", "a\u2066b", "a\u200bb"])
@pytest.mark.parametrize("table", ["scenarios", "demand_profiles"])
def test_a_name_can_be_read_and_typed(table: str, given: str) -> None:
    entry = SERVICE if table == "scenarios" else {"requests_by_hour": [1.0] * 24}
    told = refused(**{table: {given: entry}})
    assert "a name is of printable characters" in told
    assert told.isprintable()
    for name in ("my-chat", "Büro 2", "チャット"):
        assert load_settings(**{table: {name: entry}})


def test_a_file_of_notepad_is_read() -> None:
    Path("costwatt.toml").write_bytes(b'\xef\xbb\xbfscope = "all"\r\nlanding_keep = 9\r\n')
    settings = load_settings()
    assert (settings.scope, settings.landing_keep) == ("all", 9)


@pytest.mark.parametrize("file", ["costwatt.toml", ".env"])
def test_a_file_in_another_encoding_is_named(file: str) -> None:
    Path(file).write_bytes(b"# Stra\xdfe\n")
    assert refused() == f"{file}: not UTF-8 (byte 7); save it as UTF-8"


@pytest.mark.parametrize(
    "line",
    [
        "COSTWATT_LANDING_KEEP='16", 'COSTWATT_LANDING_KEEP="16', "COSTWATT_LANDING_KEEP: 16",
        "COSTWATT_LANDING_KEEP:16", "COSTWATT_LANDING_KEEP", "export COSTWATT_EIA_API_KEY", "=16",
    ],
)  # fmt: skip
def test_a_broken_line_is_no_default(line: str) -> None:
    Path(".env").write_text(f"# keys\n\nCOSTWATT_OFFLINE=1\n\n{line}\nCOSTWATT_SCOPE=all\n")
    assert refused() == ".env, line 5: not NAME=VALUE; close its quotes, see docs/settings.md"


def test_lines_of_other_programs_pass() -> None:
    Path(".env").write_text("export PATH\nOTHER\n\nA='x\ny'\nexport COSTWATT_LANDING_KEEP='30' # nights\n")
    assert load_settings().landing_keep == 30


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
