"""What-ifs: the same answer as the night for the night's own question, and sane for others."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from tests.fakes import huggingface
from tests.fakes.server import Server
from tests.flows.conftest import Night

DIALOGUE = (
    *("--model", "llama-3.1-70b", "--requests-per-day", "1M", "--input-tokens", "1155", "--output-tokens", "211"),
    *("--ttft-ms", "1000", "--itl-ms", "50"),
)
QWEN = ("--requests-per-day", "50k", "--input-tokens", "300", "--output-tokens", "1000", "--ttft-ms", "1000")


def estimated(night: Night, *arguments: str) -> list[dict[str, Any]]:
    done = night.run("estimate", *arguments, "--format", "json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_the_nights_own_question_gets_the_nights_own_answer(offline_night: Night) -> None:
    rows = estimated(offline_night, *DIALOGUE, "--top", "1000")
    published = dict(
        offline_night.rows(
            "select option_id, (usd_per_day, usd_per_day_low, usd_per_day_high)::varchar from daily_cost"
            " where scenario_id = 'dialogue-llama-70b' and usd_per_day is not null"
        )
    )
    ours = offline_night.rows("select 1")  # the published file is not held open by the estimate
    assert ours == [(1,)]
    assert len(rows) > 30
    for row in rows:
        figures = ", ".join(f"{row[c]:.4f}" for c in ("usd_per_day", "usd_per_day_low", "usd_per_day_high"))
        assert published[row["option_id"]] == f"({figures})", row["option_id"]


def test_the_heading_says_what_is_asked_and_assumed(offline_night: Night) -> None:
    done = offline_night.run("estimate", *DIALOGUE)
    assert "1,000,000 requests/day of 1,155 input and 211 output tokens" in done.stdout
    assert "first token within 1,000 ms (P95), 50 ms between tokens (mean)" in done.stdout
    assert (
        "busiest hour 2 x the mean (regional-day), 2 replicas at least, 1 spare node, planned at 80% load"
        in done.stdout
    )
    assert "this service: " in done.stdout


def test_amounts_in_euro_are_those_in_dollars_at_the_nights_rate(offline_night: Night) -> None:
    ((usd_per_euro,),) = offline_night.rows("select usd_per_unit::double from fx_rate where currency = 'EUR'")
    usd, eur = (estimated(offline_night, *DIALOGUE, "--currency", c)[0][f"{c}_per_day"] for c in ("usd", "eur"))
    assert usd / eur == pytest.approx(usd_per_euro, rel=1e-4)  # type: ignore[call-overload]


def test_one_request_of_one_token_is_priced(offline_night: Night) -> None:
    tiny = ("--model", "llama-3.1-8b", "--requests-per-day", "1", "--input-tokens", "1", "--output-tokens", "1")
    best = estimated(offline_night, *tiny)[0]
    assert best["usd_per_million_output_tokens_input_included"] > 1e8  # two replicas and a spare answer once a day
    assert best["usd_per_million_output_tokens_input_included"] == pytest.approx(best["usd_per_day"] * 1e6, rel=1e-6)
    assert estimated(offline_night, *tiny, "--min-replicas", "1000000") == []  # above what the tables hold: not ranked


def test_a_model_of_the_hub_costs_what_it_costs_by_name(offline_night: Night) -> None:
    question = (*QWEN, "--accelerator", "h100-sxm", "--top", "5", "--format", "json")
    named = offline_night.run("estimate", "--model", "qwen3-32b", *question)
    model = ("--model", f"hf:{huggingface.REPOSITORY}")
    with Server([huggingface.fake()]) as server:
        hub = offline_night.run("estimate", *model, *question, **server.settings())
    again = offline_night.run("estimate", *model, *question, COSTWATT_OFFLINE="1")  # from the copy under HOME
    assert len(json.loads(named.stdout)) > 1
    assert hub.stdout == named.stdout, hub.stderr
    assert again.stdout == named.stdout, again.stderr


def test_an_own_measurement_stands_in_for_the_physics(offline_night: Night) -> None:
    own = ("--accelerator", "h100-sxm", "--tokens-per-second")
    slow, fast = (estimated(offline_night, *DIALOGUE, *own, t)[0] for t in ("50", "500"))
    assert slow["nodes_peak"] > 5 * fast["nodes_peak"]
    # 1 M requests of 211 tokens, twice the mean in the busiest hour, planned at 80 %, 8 accelerators a node, one spare
    busiest_tok_s = 1e6 * 211 / 86400 * 2 / 0.8
    assert slow["nodes_peak"] == -(-busiest_tok_s // 50) // 8 + 1 + 1


def test_tighter_latency_never_costs_less(offline_night: Night) -> None:
    machines = ("--accelerator", "h100-sxm")
    base = DIALOGUE[:8]
    loose, tight = (estimated(offline_night, *base, *machines, "--itl-ms", ms)[0] for ms in ("100", "20"))
    assert tight["usd_per_day"] >= loose["usd_per_day"]


def test_csv_is_csv(offline_night: Night) -> None:
    done = offline_night.run("estimate", *DIALOGUE, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.stdout)))
    assert rows[0]["option_id"].count("/") >= 3


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--requests-per-day", "nan"), "expected a number"),
        (("--requests-per-day", "-1"), "expected a number"),
        (("--output-tokens", "1e300"), "expected a number"),
        (("--precision", "fp7"), "near names: fp8"),
        (("--profile", "weekly"), "regional-day"),
        (("--currency", "XXX"), "no exchange rate"),
        (("--accelerator", "h100"), "near names: h100-"),
        (("--tokens-per-second", "5"), "say where it was measured"),
        (("--model", "llama"), "near names"),
        (("--config", "none.json"), "once"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(offline_night: Night, arguments: tuple[str, ...], why: str) -> None:
    done = offline_night.run("estimate", *DIALOGUE, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert why in done.stderr
    assert done.stderr.startswith("costwatt: ")
    assert done.stderr.count("\n") == 1


def test_before_the_first_night_it_says_what_to_run(offline_night: Night) -> None:
    done = offline_night.run("estimate", *DIALOGUE, COSTWATT_HOME=str(offline_night.home / "none"))
    assert done.returncode == 2
    assert "run: costwatt refresh" in done.stderr
