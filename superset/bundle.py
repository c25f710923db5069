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

VERSION = "1.0.0"
DATASETS = ("scenario_daily", "daily_cost", "accelerator_price_index", "tariff_daily")
TYPES = {"DATE": "DATE", "VARCHAR": "VARCHAR", "BOOLEAN": "BOOLEAN"}
WIDTH, HEIGHT = 12, 60


def metric(sql: str, label: str) -> dict[str, Any]:
    """A metric given as SQL."""
    return {"expressionType": "SQL", "sqlExpression": sql, "label": label}


def only(sql: str) -> dict[str, Any]:
    """A filter given as SQL."""
    return {"expressionType": "SQL", "clause": "WHERE", "sqlExpression": sql}


USD = metric("sum(usd_per_day)", "USD per day")
HOUR = metric("min(usd_per_accelerator_hour)", "USD per accelerator-hour")
KWH = metric("max(usd_per_kwh)", "USD per kWh")
# name, dataset, columns, metric, filter
CHARTS = (
    ("The figure of the day, by service", "scenario_daily", ["scenario_id", "option_id"], USD, None),
    ("Ten cheapest options", "daily_cost", ["scenario_id", "rank", "option_id"], USD, only("rank <= 10")),
    ("Price of an accelerator-hour", "accelerator_price_index", ["accelerator", "purchase_option"], HOUR, None),
    ("Retail electricity", "tariff_daily", ["tariff_zone"], KWH, only("kind = 'retail'")),
)


def identity(*parts: str) -> str:
    """A UUID that stays the same from night to night, so that an import replaces what it knows."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(("costwatt", *parts))))


def files(database: Path) -> dict[str, Any]:
    """Every file of the bundle by its path."""
    bundle: dict[str, Any] = {
        "metadata.yaml": {"version": VERSION, "type": "Dashboard", "timestamp": "2026-01-01T00:00:00+00:00"},
        "databases/costwatt.yaml": {
            "database_name": "costwatt",
            "sqlalchemy_uri": f"duckdb:///{database}",
            "expose_in_sqllab": True,
            # read-only: Superset takes no lock, and the next night never waits for it
            "extra": {"engine_params": {"connect_args": {"read_only": True}}},
            "uuid": identity("database"),
            "version": VERSION,
        },
        "dashboards/costwatt.yaml": dashboard(),
    }
    with duckdb.connect(str(database), read_only=True) as con:
        bundle |= {f"datasets/costwatt/{table}.yaml": dataset(con, table) for table in DATASETS}
    return bundle | {f"charts/{number}.yaml": chart(*row) for number, row in enumerate(CHARTS, start=1)}


def dataset(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, Any]:
    """A published table with its columns and their comments."""
    listed = "select column_name, data_type, comment from duckdb_columns() where table_name = ? order by column_index"
    columns = con.execute(listed, [table]).fetchall()
    return {
        "table_name": table,
        "schema": "main",
        "columns": [
            {"column_name": name, "type": TYPES.get(kind, "NUMERIC"), "is_dttm": kind == "DATE", "description": comment}
            for name, kind, comment in columns
        ],
        "metrics": [],
        "uuid": identity("dataset", table),
        "database_uuid": identity("database"),
        "version": VERSION,
    }


def chart(
    name: str, table: str, columns: list[str], value: dict[str, Any], where: dict[str, Any] | None
) -> dict[str, Any]:
    """A table chart, cheapest first."""
    return {
        "slice_name": name,
        "viz_type": "table",
        "params": {
            "viz_type": "table",
            "query_mode": "aggregate",
            "groupby": columns,
            "metrics": [value],
            "adhoc_filters": [where] if where else [],
            "order_desc": False,
            "row_limit": 500,
        },
        "uuid": identity("chart", name),
        "dataset_uuid": identity("dataset", table),
        "version": VERSION,
    }


def dashboard() -> dict[str, Any]:
    """One column of charts."""
    position: dict[str, Any] = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"id": "ROOT_ID", "type": "ROOT", "children": ["GRID_ID"]},
        "GRID_ID": {"id": "GRID_ID", "type": "GRID", "children": [], "parents": ["ROOT_ID"]},
    }
    for number, (name, *_) in enumerate(CHARTS, start=1):
        row, item = f"ROW-{number}", f"CHART-{number}"
        position["GRID_ID"]["children"].append(row)
        position[row] = {"id": row, "type": "ROW", "children": [item], "parents": ["ROOT_ID", "GRID_ID"], "meta": {}}
        position[item] = {
            "id": item,
            "type": "CHART",
            "children": [],
            "parents": ["ROOT_ID", "GRID_ID", row],
            # an import replaces chartId by the id that the chart gets
            "meta": {
                "uuid": identity("chart", name),
                "chartId": number,
                "sliceName": name,
                "width": WIDTH,
                "height": HEIGHT,
            },
        }
    return {
        "dashboard_title": "costwatt",
        "description": "List prices, excluding tax",
        "slug": "costwatt",
        "position": position,
        "metadata": {},
        "uuid": identity("dashboard"),
        "version": VERSION,
    }


def main() -> None:
    """Write the zip file."""
    database, target = Path(sys.argv[1]).expanduser().absolute(), Path(sys.argv[2])
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files(database).items():
            archive.writestr(f"costwatt/{path}", json.dumps(content, indent=1))  # JSON is YAML


if __name__ == "__main__":
    main()
