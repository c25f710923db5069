"""The bundle for Superset, without Superset: its datasets and charts ask the published night for what is there."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.flows.conftest import Night

SCRIPT = Path(__file__).resolve().parents[2] / "superset" / "bundle.py"


@pytest.fixture(scope="module")
def bundle(live_night: Night, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = tmp_path_factory.mktemp("superset") / "bundle.zip"
    night = live_night.home / "published" / "cost.duckdb"
    subprocess.run([sys.executable, SCRIPT, night, file], check=True, timeout=120)
    with zipfile.ZipFile(file) as archive:
        return {name.removeprefix("costwatt/"): json.loads(archive.read(name)) for name in archive.namelist()}


def of_kind(bundle: dict[str, Any], kind: str) -> dict[str, Any]:
    return {content["uuid"]: content for path, content in bundle.items() if path.startswith(f"{kind}/")}


def test_every_column_is_described(bundle: dict[str, Any]) -> None:
    for dataset in of_kind(bundle, "datasets").values():
        assert [c["column_name"] for c in dataset["columns"] if not c["description"]] == [], dataset["table_name"]


def test_every_chart_has_rows_on_the_night(bundle: dict[str, Any], live_night: Night) -> None:
    datasets, charts = of_kind(bundle, "datasets"), of_kind(bundle, "charts")
    assert len(charts) == 6
    for chart in charts.values():
        (query,) = json.loads(chart["query_context"])["queries"]
        dataset = datasets[chart["dataset_uuid"]]
        source = f"({dataset['sql']})" if dataset["sql"] else dataset["table_name"]
        columns, where = ", ".join(query["columns"]), query["extras"]["where"] or "true"
        metric = query["metrics"][0]["sqlExpression"]
        rows = live_night.rows(f"select {columns}, {metric} from {source} where {where} group by all")
        assert rows, chart["slice_name"]
        assert all(row[-1] is not None for row in rows), chart["slice_name"]


def test_the_dashboard_shows_every_chart_once(bundle: dict[str, Any]) -> None:
    (dashboard,) = of_kind(bundle, "dashboards").values()
    shown = [
        item["meta"]["uuid"]
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    ]
    assert sorted(shown) == sorted(of_kind(bundle, "charts"))
    (service,) = dashboard["metadata"]["native_filter_configuration"]
    assert service["targets"][0]["datasetUuid"] in of_kind(bundle, "datasets")
