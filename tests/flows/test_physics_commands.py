"""Commands that need no prices: throughput, server-power, validate; and train, which does."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from flows import validation
from flows.commands.validate import validate
from flows.render import Format
from flows.validation import Check
from tests.flows.conftest import Night, command

LLAMA = ("--model", "llama-3.1-70b", "--input-tokens", "1155", "--output-tokens", "211")


def figures(home: Path, *arguments: str) -> dict[str, Any]:
    done = command(*arguments, "--format", "json", env={"COSTWATT_HOME": str(home), "COSTWATT_OFFLINE": "1"})
    assert done.returncode == 0, done.stderr
    return {row["name"]: row["value"] for row in json.loads(done.stdout)}


def test_throughput_needs_no_night_and_adds_up(tmp_path: Path) -> None:
    node = ("--accelerator", "h100-sxm", "--count", "8", "--precision", "fp8", "--itl-ms", "50", "--ttft-ms", "1000")
    found = figures(tmp_path, "throughput", *LLAMA, *node)
    assert found["status"] == "ok"
    assert found["itl_ms"] <= 50.01
    assert found["ttft_ms"] <= 1000
    assert found["output_tok_s"] == pytest.approx(found["output_tok_s_per_replica"] * found["replicas_per_node"])
    assert found["output_tok_s_per_replica"] == pytest.approx(found["batch"] / found["itl_ms"] * 1000)
    assert found["input_tok_s"] == pytest.approx(found["output_tok_s"] * 1155 / 211)
    assert found["node_j_per_token"] == pytest.approx(found["node_w"] / found["output_tok_s"])
    assert found["accelerator_w"] * 8 < found["node_w"] < 10200 * 1.1
    assert found["output_tok_s_low"] < found["output_tok_s"] < found["output_tok_s_high"]
    assert 70 < found["weights_gb"] < 75  # 70.6 B parameters in 8 bit, embeddings in 16


def test_throughput_takes_a_batch(tmp_path: Path) -> None:
    node = ("--accelerator", "h100-sxm", "--count", "4")
    small, large = (figures(tmp_path, "throughput", *LLAMA, *node, "--batch", b) for b in ("1", "32"))
    assert (small["batch"], large["batch"]) == (1, 32)
    assert large["output_tok_s"] > 10 * small["output_tok_s"]
    assert large["itl_ms"] > small["itl_ms"]


def test_throughput_says_why_not(tmp_path: Path) -> None:
    small = figures(tmp_path, "throughput", *LLAMA, "--accelerator", "l4")
    assert (small["status"], small["output_tok_s"]) == ("does_not_fit", None)
    assert small["status_reason"].startswith("141 GB of weights")
    old = figures(tmp_path, "throughput", *LLAMA, "--accelerator", "a100-sxm-80", "--count", "8", "--precision", "fp4")
    assert old["status"] == "not_supported" or old["software_support"] == "weight_only"


def test_a_rack_server_of_2019_draws_what_its_peers_draw(tmp_path: Path) -> None:
    ucs = ("--cpu-count", "2", "--cpu-unit", "socket", "--memory-gb", "384", "--storage-tb", "3.84")
    found = figures(tmp_path, "server-power", *ucs, "--pue", "1.5", "--tariff", "0.1")
    parts = ("cpu_w", "memory_w", "storage_w", "network_w", "board_w", "fans_w", "conversion_w")
    assert sum(found[p] for p in parts) == pytest.approx(found["total_w"])
    assert 423 < found["total_w"] < 960  # SPECpower peers to m5.metal
    assert found["it_kwh_per_day"] == pytest.approx(found["total_w"] * 24 / 1000)
    assert found["usd_per_day"] == pytest.approx(found["it_kwh_per_day"] * 1.5 * 0.1)
    assert found["energy_usd"] + found["cooling_usd"] == pytest.approx(found["usd_per_day"])


def test_without_a_tariff_the_cost_is_unknown_not_zero(tmp_path: Path) -> None:
    found = figures(tmp_path, "server-power", "--cpu-count", "8", "--memory-gb", "32")
    assert found["usd_per_day"] is None
    assert found["kwh_per_day"] == pytest.approx(found["it_kwh_per_day"] * 1.54)  # Uptime 2025, as own hardware


def test_a_plain_server_in_another_currency(offline_night: Night) -> None:
    asked = ("server-power", "--cpu-count", "8", "--memory-gb", "32", "--pue", "1.5", "--tariff", "0.1")
    dollars, euros = (figures(offline_night.home, *asked, *more) for more in ((), ("--currency", "eur")))
    ((usd_per_eur,),) = offline_night.rows("select usd_per_unit from fx_rate where currency = 'EUR'")
    for name in ("usd_per_day", "energy_usd", "cooling_usd"):
        assert euros[name.replace("usd", "eur")] == pytest.approx(dollars[name] / usd_per_eur)
    assert not [name for name in euros if "usd" in name]
    assert euros["total_w"] == dollars["total_w"]


def test_another_currency_needs_the_rates_of_a_night(tmp_path: Path) -> None:
    asked = ("server-power", "--cpu-count", "8", "--memory-gb", "32", "--currency", "EUR")
    done = command(*asked, env={"COSTWATT_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert "--currency EUR: needs the exchange rates of a night; run: costwatt refresh" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("server-power", "--cpu-count", "0", "--memory-gb", "1"),
        ("server-power", "--cpu-count", "2", "--memory-gb", "nan"),
        ("server-power", "--cpu-count", "2", "--memory-gb", "8", "--pue", "0.9"),
        ("server-power", "--cpu-count", "2", "--memory-gb", "8", "--cpu", "pentium"),
        ("throughput", *LLAMA, "--accelerator", "h100-sxm", "--count", "1.5"),
        ("throughput", *LLAMA, "--accelerator", "h100-sxm", "--precision", "fp3"),
        ("train", "--tokens", "1T", "--params", "70B", "--model", "qwen3-32b"),
        ("train", "--tokens", "1T", "--params", "-70B"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = command(*arguments, env={"COSTWATT_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("costwatt: ")
    assert done.stderr.count("\n") == 1


def test_training_hours_are_flop_over_rate(offline_night: Night) -> None:
    done = offline_night.run(
        "train", "--params", "70B", "--tokens", "15T", "--accelerators", "16384", "--format", "json"
    )
    runs = {row["option_id"]: row for row in json.loads(done.stdout)}
    run = next(row for row in runs.values() if row["accelerator"] == "b200-sxm")
    (mfu, goodput, experiments), (peak,) = (
        [v for (v,) in offline_night.rows(sql)]
        for sql in (
            (
                "select value from assumption where assumption in ('training_mfu_ratio', 'training_goodput_ratio',"
                " 'training_experiments_ratio') order by case assumption when 'training_mfu_ratio' then 0"
                " when 'training_goodput_ratio' then 1 else 2 end"
            ),
            "select value from accelerator where accelerator = 'b200-sxm' and attribute = 'bf16_dense_tflops'",
        )
    )
    hours = 6 * 70e9 * 15e12 * (1 + experiments) / (peak * 1e12 * mfu * goodput) / 3600  # type: ignore[operator]
    assert run["accelerator_hours"] == pytest.approx(hours, rel=1e-3)
    assert run["days"] == pytest.approx(hours / 16384 / 24, rel=1e-3)
    assert run["usd_low"] < run["usd"] < run["usd_high"]
    assert run["usd"] == pytest.approx(run["usd_per_accelerator_hour"] * run["accelerator_hours"])


def _h100_run(night: Night, precision: str) -> dict[str, Any]:
    """DeepSeek-V3 on the cheapest H100."""
    job = ("--model", "deepseek-v3", "--tokens", "14.8T", "--accelerators", "2048", "--top", "500")
    done = night.run("train", *job, "--precision", precision, "--format", "json")
    found: dict[str, Any] = next(row for row in json.loads(done.stdout) if row["accelerator"] == "h100-sxm")
    return found


def test_deepseek_v3_in_fp8_takes_its_published_hours(offline_night: Night) -> None:
    """2.788 M H800 hours in fp8 (README), without experiments: twice the peak of bf16 does not halve them."""
    fp8, bf16 = (_h100_run(offline_night, precision) for precision in ("fp8", "bf16"))
    assert fp8["accelerator_hours"] / 1.5 == pytest.approx(2.788e6, rel=0.01)
    assert 0.8 < fp8["accelerator_hours"] / bf16["accelerator_hours"] < 1
    assert fp8["usd_high"] / fp8["usd_low"] > bf16["usd_high"] / bf16["usd_low"]  # fewer runs stand behind it
    assert fp8["usd_low"] < 0.6 * fp8["usd"] < 1.6 * fp8["usd"] < fp8["usd_high"]


def test_train_and_the_published_table_say_the_same_hours(offline_night: Night) -> None:
    ((published,),) = offline_night.rows(
        "select distinct accelerator_hours from training_cost where model = 'deepseek-v3' and accelerator = 'h100-sxm'"
    )
    assert _h100_run(offline_night, "bf16")["accelerator_hours"] == pytest.approx(published)


def test_adapters_cost_two_thirds_and_fit_where_full_training_does_not(offline_night: Night) -> None:
    job = ("train", "--params", "70B", "--tokens", "1B", "--accelerators", "8", "--format", "json")
    lora = {r["option_id"]: r for r in json.loads(offline_night.run(*job, "--lora", "--top", "500").stdout)}
    full = {r["option_id"]: r for r in json.loads(offline_night.run(*job, "--top", "500").stdout)}
    both = lora.keys() & full.keys()
    assert both
    assert len(lora) > len(full)
    for option in both:
        assert lora[option]["accelerator_hours"] == pytest.approx(full[option]["accelerator_hours"] * 2 / 3)


MET = Check("a", "A", 1.0, 1.0, "W", 0.1, "identity", "a paper")
MISSED = replace(MET, check_id="b", ours=2.0)


def test_validate_counts_each_kind_and_lets_a_missed_headline_pass(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [MET, replace(MISSED, evidence_kind="headline"), replace(MET, evidence_kind="selected")]
    monkeypatch.setattr(validation, "checks", lambda: found)
    validate(Format.table)
    assert "2 of 3 met: 1 of 1 selected, 1 of 1 identity, 0 of 1 headline\n" in capsys.readouterr().err


@pytest.mark.parametrize("kind", ["independent", "selected", "calibrated", "identity"])
def test_a_miss_of_the_model_exits_1(
    kind: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(validation, "checks", lambda: [MET, replace(MISSED, evidence_kind=kind)])
    with pytest.raises(typer.Exit) as stopped:
        validate(Format.json)
    told = capsys.readouterr()
    assert stopped.value.exit_code == 1
    assert "missed: b\n" in told.err
    assert [(row["passed"], row["known_miss"]) for row in json.loads(told.out)] == [(True, False), (False, False)]


def test_a_known_miss_is_told_and_exits_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    known = replace(MISSED, evidence_kind="selected", known_miss=True)
    monkeypatch.setattr(validation, "checks", lambda: [MET, known])
    validate(Format.table)
    told = capsys.readouterr()
    assert "1 of 2 met: 0 of 1 selected, 1 of 1 identity\nknown to be missed: b\n" in told.err
    assert "NO, known" in told.out
