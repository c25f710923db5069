# ruff: noqa: INP001  scripts, not a package: the name belongs to Superset's own
"""Import the bundle into a running Superset and compare what its REST API answers with the database.

python superset/check.py http://127.0.0.1:8088 ~/.costwatt/published/cost.duckdb costwatt_superset.zip
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import requests

from connectors.errors import CostwattError

START_S, ASK_S = 180, 60
SUMS = {
    "scenario_daily": "select scenario_id, usd_per_day::double from scenario_daily",
    "daily_cost": "select option_id, usd_per_day::double from daily_cost"
    " where rank <= 10 and scenario_id = 'dialogue-llama-70b'",
}


class Superset:
    """A session with Superset's REST API."""

    def __init__(self, address: str, user: str = "admin", password: str = "admin") -> None:  # noqa: S107  loopback
        self._address, self._session = address.rstrip("/"), requests.Session()
        self._wait()
        login = {"username": user, "password": password, "provider": "db"}
        self._session.headers["Authorization"] = f"Bearer {self.post('security/login', json=login)['access_token']}"

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            try:
                if self._session.get(f"{self._address}/health", timeout=ASK_S).ok:
                    return
            except requests.ConnectionError:
                time.sleep(1)
        raise CostwattError(f"{self._address}: no Superset answered in {START_S} s")

    def post(self, path: str, **given: Any) -> Any:
        """Answer of a POST below /api/v1."""
        return self._answer(self._session.post(f"{self._address}/api/v1/{path}", timeout=ASK_S, **given))

    def get(self, path: str) -> Any:
        """Answer of a GET below /api/v1."""
        return self._answer(self._session.get(f"{self._address}/api/v1/{path}", timeout=ASK_S))

    @staticmethod
    def _answer(reply: requests.Response) -> Any:
        if not reply.ok:
            raise CostwattError(f"{reply.url}: {reply.status_code} {reply.text[:500]}")
        return reply.json()


def run_bundle(superset: Superset, bundle: Path) -> None:
    """Import the bundle; what an earlier one made is replaced."""
    with bundle.open("rb") as file:
        superset.post("dashboard/import/", files={"formData": (bundle.name, file)}, data={"overwrite": "true"})


def figures(superset: Superset, table: str) -> dict[str, float]:
    """Sum of usd_per_day by scenario or option, as Superset answers it."""
    found = superset.get("dataset/?q=(page_size:100)")["result"]
    dataset = next(d["id"] for d in found if d["table_name"] == table)
    key = "scenario_id" if table == "scenario_daily" else "option_id"
    query = {
        "columns": [key],
        "metrics": [{"expressionType": "SQL", "sqlExpression": "sum(usd_per_day)", "label": "usd"}],
        "extras": {"where": "" if key == "scenario_id" else "rank <= 10 and scenario_id = 'dialogue-llama-70b'"},
        "row_limit": 100,
    }
    answer = superset.post("chart/data", json={"datasource": {"id": dataset, "type": "table"}, "queries": [query]})
    return {row[key]: float(row["usd"]) for row in answer["result"][0]["data"]}


def main() -> None:
    """Import, ask, compare.

    Raises:
        CostwattError: Superset refused, or a figure differs.
    """
    address, database, bundle = sys.argv[1], Path(sys.argv[2]).expanduser(), Path(sys.argv[3])
    superset = Superset(address)
    run_bundle(superset, bundle)
    with duckdb.connect(str(database), read_only=True) as con:
        expected = {table: dict(con.execute(sql).fetchall()) for table, sql in SUMS.items()}
    for table, want in expected.items():
        if figures(superset, table) != want:
            raise CostwattError(f"Superset answers other figures for {table} than {database}")
    charts = superset.get("dashboard/costwatt/charts")["result"]
    sys.stdout.write(json.dumps({"charts": len(charts), **{t: len(w) for t, w in expected.items()}}) + "\n")


if __name__ == "__main__":
    main()
