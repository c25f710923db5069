# ruff: noqa: INP001  scripts, not a package: the name belongs to Superset's own
"""Import the bundle into a running Superset and compare what its REST API answers with the published night."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import requests
from charts import CHARTS, Chart

from connectors.errors import CostwattError

START_S, ASK_S = 180, 60


class Superset:
    """A session with Superset's REST API, which is waited for while `running` says so."""

    def __init__(self, address: str, password: str, running: Callable[[], bool]) -> None:
        self._address, self._session = address.rstrip("/"), requests.Session()
        self._wait(running)
        login = {"username": "admin", "password": password, "provider": "db"}
        self._session.headers["Authorization"] = f"Bearer {self.post('security/login', json=login)['access_token']}"

    def _wait(self, running: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_S
        while running() and time.monotonic() < deadline:
            try:
                if self._session.get(f"{self._address}/health", timeout=ASK_S).ok:
                    return
            except requests.RequestException:
                pass
            time.sleep(1)
        raise CostwattError(f"{self._address}: no Superset answered; its log: .venv-superset/home/superset.log")

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


def import_bundles(superset: Superset, dashboard: Path, assets: Path) -> None:
    """Import the dashboard as a person would, then replace what an earlier import of it had left as it was."""
    with dashboard.open("rb") as file:
        superset.post("dashboard/import/", files={"formData": (dashboard.name, file)}, data={"overwrite": "true"})
    with assets.open("rb") as file:
        superset.post("assets/import/", files={"bundle": (assets.name, file)})


def compare(superset: Superset, database: Path) -> str:
    """Ask every chart of the dashboard for its rows and compare them with the night; what was compared.

    Raises:
        CostwattError: the dashboard has other charts, or a figure differs.
    """
    found = {chart["slice_name"]: chart["id"] for chart in superset.get("dashboard/costwatt/charts")["result"]}
    if found.keys() != {chart.name for chart in CHARTS}:
        raise CostwattError(f"the dashboard has other charts: {', '.join(sorted(found))}")
    rows = 0
    with duckdb.connect(str(database.resolve()), read_only=True) as con:
        for chart in CHARTS:
            expected = Counter(_row(row) for row in con.execute(chart.expected).fetchall())
            answered = Counter(_answered(chart, superset.get(f"chart/{found[chart.name]}/data/?force=true")))
            if answered != expected:
                wrong = next(iter((answered - expected) + (expected - answered)))
                raise CostwattError(f"chart '{chart.name}': other rows than {database}, first {wrong}")
            rows += answered.total()
    return f"Superset's REST API: {len(found)} charts, {rows} rows equal to those"


def _answered(chart: Chart, answer: Any) -> list[tuple[Any, ...]]:
    names = (*chart.columns, chart.metric)
    return [_row([_day(name, row[name]) for name in names]) for row in answer["result"][0]["data"]]


def _day(name: str, value: Any) -> Any:
    """Dates come as milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1000, UTC).date() if name.endswith("_date") else value


def _row(values: Any) -> tuple[Any, ...]:
    """Comparable values; figures as doubles, for JSON has no decimals."""
    return tuple(
        value.isoformat() if isinstance(value, date) else float(value) if isinstance(value, Decimal | int) else value
        for value in values
    )
