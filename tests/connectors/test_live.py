"""The canary of tests/live, pointed at the fakes: it passes where all is well, and sings where a source changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.__main__ import all_fakes
from tests.fakes.server import Reply, Server

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "AWS_ACCESS_KEY_ID": "an-id",
    "AWS_SECRET_ACCESS_KEY": "a-secret",
    "COSTWATT_EIA_API_KEY": "a-key",
    "COSTWATT_ENTSOE_TOKEN": "a-token",
    "COSTWATT_OPENEI_API_KEY": "a-key",
}
REGIONS = {"COSTWATT_AWS_REGIONS": "eu-west-1,cn-north-1", "COSTWATT_AZURE_REGIONS": "eastus,chinaeast2"}


def canary(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """What ``make live`` runs, with nothing of this environment but what it needs."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("COSTWATT_", "AWS_", "AZURE_"))}
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "tests/live", "-m", "live", "--override-ini", "addopts=", "-q"),
            *("-p", "no:cacheprovider", "-p", "no:xdist", *arguments),
        ],
        cwd=ROOT,
        env=clean | {"AWS_EC2_METADATA_DISABLED": "true"} | REGIONS | env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_it_asks_every_source_that_the_keys_allow() -> None:
    with Server(all_fakes()) as server:
        done = canary(server.settings() | KEYS, "-rp")
    assert done.returncode == 0, done.stdout[-2000:]
    asked = set(re.findall(r"^PASSED \S+\[(\w+)\]", done.stdout, re.MULTILINE))
    assert {"aws_prices", "aws_spot", "azure_prices", "azure_china", "eia_api_tariffs", "openei_tariffs"} <= asked
    assert not asked & {"azure_skus", "bundled_prices", "static_tariffs"}, "no account, no network"


def test_it_asks_without_keys_only_those_that_need_none() -> None:
    done = canary({}, "--collect-only")
    assert done.returncode == 0, done.stdout[-2000:]
    asked = set(re.findall(r"\[(\w+)\]", done.stdout))
    assert {"aws_prices", "eurostat_tariffs", "token_prices"} <= asked
    assert not asked & {"aws_spot", "aws_query_plans", "azure_skus", "eia_api_tariffs", "entsoe_wholesale"}


def in_other_units(answer: dict[str, Any]) -> dict[str, Any]:
    for prices in answer.get("regions", {}).values():
        for price in prices.values():
            price["price"] = str(float(price["price"]) * 1000)
    return answer


def with_new_bands(answer: dict[str, Any]) -> dict[str, Any]:
    pools = [p for systems in answer["spot_advisor"].values() for p in systems["Linux"].values()]
    for pool in pools[: len(pools) // 2]:
        pool["r"] = 9
    return answer


def without_rows(answer: dict[str, Any]) -> dict[str, Any]:
    return answer | {"unix_seconds": [], "price": []}


@pytest.mark.parametrize(
    ("fake", "source", "change", "why"),
    [
        ("aws-web", "aws_web_prices", in_other_units, "assert sum(map(beyond_belief, parts))"),
        ("energy-charts", "energy_charts_wholesale", without_rows, "assert rows > 0"),
        ("aws-web", "aws_spot_advisor", with_new_bands, "unknown interruption band"),
    ],
)
def test_it_sings_where_a_source_changed(
    fake: str, source: str, change: Callable[[dict[str, Any]], dict[str, Any]], why: str
) -> None:
    def changed(reply: Reply) -> Reply:
        body = reply.body if isinstance(reply.body, bytes) else reply.body.read_bytes()
        return Reply.of_json(change(json.loads(body)))

    fakes = [
        replace(f, answer=lambda asked, f=f: changed(f.answer(asked))) if f.name == fake else f for f in all_fakes()
    ]
    with Server(fakes) as server:
        done = canary(server.settings(), "-k", source)
    assert done.returncode == 1, done.stdout[-2000:]
    assert f"FAILED tests/live/test_sources.py::test_a_source_answers_as_it_did[{source}]" in done.stdout
    assert why in done.stdout
