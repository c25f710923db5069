"""A row of last night is taken over only where all that it was computed from is equal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from flows import costing
from flows.known_costs import TAKEN_OVER, new_costs, to_compute
from tests.flows.conftest import Night

ORDER = [("scenario_id", "ascending"), ("option_id", "ascending")]
P5 = "aws/us-east-1/p5.48xlarge/on_demand"
SCENARIOS = "('dialogue-llama-70b', 'text-creation-qwen-32b')"
TABLES = {
    "scenario": f"(select * from staging.stg_scenario where scenario_id in {SCENARIOS})",
    "option": "(select * from cost.option_input where provider in ('aws', 'onprem'))",
    "serving_plan": "cost.serving_plan",
    "token_model": "reference.token_model",
    "demand_profile": "reference.demand_profile",
    "assumption": "staging.stg_assumption",
}
DEARER = {
    "option": f"(select * replace (case option_id when '{P5}' then 2 else 1 end * usd_per_hour as usd_per_hour)"
    " from cost.option_input where provider in ('aws', 'onprem'))"
}


class Counter:
    """Counts the rows that the cost model is asked for."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows = 0
        evaluate = costing.evaluate

        def counted(columns: Mapping[str, np.ndarray[Any, Any]], *given: Any, **named: Any) -> Any:
            self.rows += len(columns["deployment"])
            return evaluate(columns, *given, **named)

        monkeypatch.setattr(costing, "evaluate", counted)


@pytest.fixture
def con(live_night: Night) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(":memory:") as con:
        con.execute(f"attach '{live_night.home / 'warehouse.duckdb'}' as warehouse (read_only)")
        con.execute("use warehouse")
        con.register("last_night", _costs(con))
        yield con


def _costs(con: duckdb.DuckDBPyConnection, *, known: str | None = None, draws: int = 8, **tables: str) -> pa.Table:
    """Costs as the model makes them: what `known` holds of tonight, and what it lacks; in order."""
    rows = to_compute(con, TABLES | tables, draws=draws, known=known)
    found = list(new_costs(con, TABLES | tables, rows=rows, known=known, draws=draws))
    if known:
        found.append(con.sql(TAKEN_OVER.format(known=known)).to_arrow_table())
    return pa.concat_tables(found).sort_by(ORDER).combine_chunks()


@pytest.mark.night
def test_a_night_in_which_nothing_changed_computes_nothing(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = Counter(monkeypatch)
    assert _costs(con, known="last_night") == con.sql("from last_night").to_arrow_table().combine_chunks()
    assert counter.rows == 0


@pytest.mark.night
def test_only_the_rows_of_a_new_price_are_computed(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = _costs(con, **DEARER)
    counter = Counter(monkeypatch)
    assert _costs(con, known="last_night", **DEARER) == fresh
    assert counter.rows == 2  # one in each scenario
    assert fresh != con.sql("from last_night").to_arrow_table().combine_chunks()


@pytest.mark.night
def test_only_the_rows_of_a_changed_profile_are_computed(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = {
        "scenario": "(select * replace (if(starts_with(scenario_id, 'text'), 'flat', demand_profile) as demand_profile)"
        f" from {TABLES['scenario']})"
    }
    changed = scenario | {
        "demand_profile": "(select * replace (if(profile = 'flat', (hour + 1) / 300, share_of_day) as share_of_day)"
        " from reference.demand_profile)"
    }
    con.register("last_night", _costs(con, **scenario))
    fresh = _costs(con, **changed)
    counter = Counter(monkeypatch)
    assert _costs(con, known="last_night", **changed) == fresh
    assert counter.rows == sum(name.startswith("text") for name in fresh["scenario_id"].to_pylist()) > 50


@pytest.mark.night
@pytest.mark.parametrize(
    "changed",
    [
        {"draws": 16},
        {
            "assumption": "(select * replace (case assumption when 'cost_of_capital_ratio' then high else value end"
            " as value) from staging.stg_assumption)"
        },
        {"demand_profile": "(select * replace (1 / 24 as share_of_day) from reference.demand_profile)"},
    ],
    ids=["draws", "assumption", "profile"],
)
def test_what_all_rows_share_changes_all(
    con: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any]
) -> None:
    counter = Counter(monkeypatch)
    found = _costs(con, known="last_night", **changed)
    assert counter.rows == found.num_rows > 100
