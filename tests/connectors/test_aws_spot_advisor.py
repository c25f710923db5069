"""Interruption bands: a label, never a price."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from connectors.aws_spot_advisor import advisor_partition, aws_spot_advisor
from connectors.records import InstanceSpec, schema_of
from tests.connectors.aws import FIXTURES, ask_of, pull_all, rows_of
from tests.fakes import aws_web
from tests.fakes.server import Server


def advice() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FIXTURES / "aws_spot_advisor.json").read_text())["spot_advisor"]
    return found


def test_bands_of_linux_pools(tmp_path: Path) -> None:
    found = advisor_partition(ask_of("", tmp_path, scope="all"), "all", advice(), "https://advisor.example", "")
    assert {r["sku"]: r["interruption_band"] for r in found.rows.to_pylist()} == {"p5.48xlarge": 4, "p4d.24xlarge": 2}
    assert found.rows.schema == schema_of(InstanceSpec)


def test_an_unknown_band_is_rejected(tmp_path: Path) -> None:
    changed = advice()
    changed["us-east-1"]["Linux"]["p5.48xlarge"]["r"] = 7
    found = advisor_partition(ask_of("", tmp_path, scope="all"), "all", changed, "https://advisor.example", "")
    assert found.rejected.to_pylist()[0]["reason"] == "unknown interruption band"
    assert found.rows.num_rows == 1


def test_all_regions_and_the_accelerated_types(tmp_path: Path) -> None:
    with Server([aws_web.fake()]) as server:
        skus = {"aws": frozenset({"p4d.24xlarge"})}
        ask = ask_of(server.url("aws-web"), tmp_path, skus=skus)
        found = pull_all(aws_spot_advisor, ask)
    rows = rows_of(found, "interruption")
    assert {r["region"] for r in rows} == {"us-east-1", "us-west-2", "eu-central-1", "eu-west-1"}
    assert {r["sku"] for r in rows} == {"p4d.24xlarge"}
    assert set(found[0].dropped) == {"not accelerated"}
