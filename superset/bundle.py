# ruff: noqa: INP001  scripts, not a package: the name belongs to Superset's own
"""Write a Superset import bundle for a published night: database, datasets, charts and one dashboard.

``python superset/bundle.py ~/.costwatt/published/cost.duckdb costwatt_superset.zip``

Columns and their descriptions come from the comments of the database itself.
"""

from __future__ import annotations

import json
import sys
import uuid
import zipfile
from pathlib import Path
from typing import Any

import duckdb
from charts import CHARTS, Chart

VERSION = "1.0.0"
TABLES = ("scenario_daily", "daily_cost", "accelerator_price_index", "tariff_daily")
# datasets that join published tables
QUERIES = {
    "best_by_class": "select scenario_id, option_kind, option_id, cost_class, sum(parts.usd_per_day) as usd_per_day"
    " from cheapest_option inner join daily_cost_component as parts using (scenario_id, option_id) group by all",
    "cost_through_time": "select past.cost_date, scenario_id, option_kind, option_id, past.usd_per_day"
    " from cost_by_day as past inner join cheapest_option using (scenario_id, option_id)",
}
TYPES = {"DATE": "DATE", "VARCHAR": "VARCHAR", "BOOLEAN": "BOOLEAN"}
COMMENTS = "select column_name, any_value(comment) from duckdb_columns() where comment is not null group by all"
FILTERED = "daily_cost"
DEFAULT_SCENARIO = "dialogue-llama-70b"


def identity(*parts: str) -> str:
    """A UUID that stays the same from night to night, so that an import replaces what it knows."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("costwatt", *parts))))


def files(database: Path, kind: str) -> dict[str, Any]:
    """Every file of the bundle by its path."""
    bundle: dict[str, Any] = {
        "metadata.yaml": {"version": VERSION, "type": kind, "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/costwatt.yaml": {
            "database_name": "costwatt",
            # through the link, so that tomorrow's night is read tomorrow
            "sqlalchemy_uri": f"duckdb:///{database}",
            "expose_in_sqllab": True,
            # read-only: Superset takes no lock, and the next night never waits for it
            "extra": {"engine_params": {"connect_args": {"read_only": True}}},
            "uuid": identity("database"),
            "version": VERSION,
        },
        "dashboards/costwatt.yaml": dashboard(),
    }
    queries = {table: f"select * from {table}" for table in TABLES} | QUERIES
    with duckdb.connect(str(database), read_only=True) as con:
        comments = dict(con.execute(COMMENTS).fetchall())
        described = {name: con.execute(f"describe {sql}").fetchall() for name, sql in queries.items()}
    for name, columns in described.items():
        bundle[f"datasets/costwatt/{name}.yaml"] = dataset(name, columns, comments)
    return bundle | {f"charts/{number}.yaml": chart(one) for number, one in enumerate(CHARTS, start=1)}


def dataset(name: str, columns: list[tuple[Any, ...]], comments: dict[str, str]) -> dict[str, Any]:
    """A published table or a query on some, with its columns and their comments."""
    return {
        "table_name": name,
        "schema": "main",
        "sql": QUERIES.get(name),
        "columns": [
            {
                "column_name": column,
                "type": TYPES.get(kind, "NUMERIC"),
                "is_dttm": kind == "DATE",
                "description": comments.get(column),
            }
            for column, kind, *_ in columns
        ],
        "metrics": [],
        "uuid": identity("dataset", name),
        "database_uuid": identity("database"),
        "version": VERSION,
    }


def chart(one: Chart) -> dict[str, Any]:
    """A chart, with the query that the REST API answers for it."""
    context = {
        # an import replaces the datasource by the id that the dataset gets
        "datasource": {"id": 0, "type": "table"},
        "queries": [one.query()],
        "form_data": one.params(),
        "result_format": "json",
        "result_type": "full",
    }
    return {
        "slice_name": one.name,
        "viz_type": one.viz_type,
        "params": one.params(),
        "query_context": json.dumps(context),
        "uuid": identity("chart", one.name),
        "dataset_uuid": identity("dataset", one.dataset),
        "version": VERSION,
    }


def dashboard() -> dict[str, Any]:
    """Two charts a row, and a filter by service."""
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": [], "parents": ["ROOT_ID"]},
    }
    for number, one in enumerate(CHARTS):
        row, item = f"ROW-{number // 2}", f"CHART-{number}"
        if row not in position:
            position["GRID_ID"]["children"].append(row)
            position[row] = {"id": row, "type": "ROW", "children": [], "parents": ["ROOT_ID", "GRID_ID"]}
            position[row]["meta"] = {"background": "BACKGROUND_TRANSPARENT"}
        position[row]["children"].append(item)
        # an import replaces chartId by the id that the chart gets
        meta = {"uuid": identity("chart", one.name), "chartId": number + 1, "sliceName": one.name}
        position[item] = {
            "id": item,
            "type": "CHART",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row],
            "meta": meta | {"width": 6, "height": 50},
        }
    return {
        "dashboard_title": "costwatt: what an LLM service costs per day",
        "description": "List prices, or negotiated ones where a discount is given, in USD, excluding tax",
        "slug": "costwatt",
        "position": position,
        "metadata": {"native_filter_configuration": [service_filter()]},
        "uuid": identity("dashboard"),
        "version": VERSION,
    }


def service_filter() -> dict[str, Any]:
    """The dashboard's filter by service; the first chart shows all of them."""
    value = [DEFAULT_SCENARIO]
    chosen = {"filters": [{"col": "scenario_id", "op": "IN", "val": value}]}
    return {
        "id": "NATIVE_FILTER-service",
        "type": "NATIVE_FILTER",
        "name": "Service",
        "filterType": "filter_select",
        "targets": [{"column": {"name": "scenario_id"}, "datasetUuid": identity("dataset", FILTERED)}],
        "controlValues": {"multiSelect": False, "enableEmptyFilter": True, "defaultToFirstItem": False},
        "defaultDataMask": {"extraFormData": chosen, "filterState": {"value": value}},
        "cascadeParentIds": [],
        "scope": {"rootPath": ["ROOT_ID"], "excluded": [1]},
    }


def write_bundle(database: Path, target: Path, kind: str = "Dashboard") -> Path:
    """Write the zip file; returns its path.

    Args:
        database: a published night.
        target: the zip file.
        kind: "Dashboard", which leaves charts and datasets that Superset has already; "assets" replaces them.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files(database, kind).items():
            archive.writestr(f"costwatt/{path}", json.dumps(content, indent=1))  # JSON is YAML
    return target


if __name__ == "__main__":
    write_bundle(Path(sys.argv[1]).expanduser().absolute(), Path(sys.argv[2]))
