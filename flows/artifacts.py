"""What a run of the flow leaves in Prefect's UI: the cost table, what changed, the state of the sources."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from prefect.artifacts import create_table_artifact

from flows.warehouse import connect

TOP = 10
COST = f"""
select scenario_id, rank, option_id, usd_per_day, usd_per_day_low, usd_per_day_high, list_usd_per_day, price_origin,
    price_age_days
from daily_cost where rank <= {TOP} order by scenario_id, rank
"""
CHANGES = """
select provider, region, sku, purchase_option, currency, old_price_per_hour, new_price_per_hour, change_kind
from price_change where change_kind <> 'terms' order by all limit 500
"""
SOURCES = """
select source, region, kind, status, accepted_rows, quarantined_rows, as_of, age_days, message
from source_status order by all
"""
TABLES = {
    "cost": ("USD per day of each service on its cheapest options; {basis}, excluding tax", COST),
    "changes": ("Instance prices that moved since the night before, per hour in the currency of the list", CHANGES),
    "sources": ("What each source answered", SOURCES),
}


def publish_artifacts(database: Path) -> None:
    """Create one table artifact each, keys ``costwatt-cost``, ``costwatt-changes`` and ``costwatt-sources``."""
    for key, (description, rows) in tables(database).items():
        create_table_artifact(table=rows, key=f"costwatt-{key}", description=description)


def tables(database: Path) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Description and rows of each artifact; figures and dates as text, for the UI shows them as they are."""
    found = {}
    with connect(database, read_only=True) as con:
        for key, (description, sql) in TABLES.items():
            rows = _rows(con, sql)
            negotiated = any(row.get("usd_per_day") != row.get("list_usd_per_day") for row in rows)
            basis = "negotiated prices beside list_usd_per_day" if negotiated else "list prices"
            found[key] = description.format(basis=basis), rows
    return found


def _rows(con: Any, sql: str) -> list[dict[str, Any]]:
    result = con.execute(sql)
    names = [d[0] for d in result.description]
    return [
        {name: "" if value is None else str(value) for name, value in zip(names, row, strict=True)}
        for row in result.fetchall()
    ]
