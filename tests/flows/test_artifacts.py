"""What a run leaves in Prefect's UI, read from the database of Prefect's own server."""

from __future__ import annotations

import json
import sqlite3

import pytest

from tests.flows.conftest import Night

Rows = list[dict[str, str]]


@pytest.fixture(scope="session")
def artifacts(live_night: Night) -> dict[str, Rows]:
    (database,) = (live_night.home / "prefect").glob("*.db")
    with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as con:
        found = con.execute("select key, data from artifact where type = 'table' order by created").fetchall()
    return {key: json.loads(json.loads(data)) for key, data in found}


def test_each_run_leaves_three_tables(artifacts: dict[str, Rows]) -> None:
    assert set(artifacts) == {"costwatt-cost", "costwatt-changes", "costwatt-sources"}


def test_the_cost_table_opens_with_the_figure_of_each_service(artifacts: dict[str, Rows], live_night: Night) -> None:
    best = {row["scenario_id"]: row["usd_per_day"] for row in artifacts["costwatt-cost"] if row["rank"] == "1"}
    assert best == dict(live_night.rows("select scenario_id, usd_per_day::varchar from scenario_daily"))


def test_every_source_is_told(artifacts: dict[str, Rows], live_night: Night) -> None:
    told = {row["source"] for row in artifacts["costwatt-sources"]}
    assert told == {source for (source,) in live_night.rows("select distinct source from source_status")}
