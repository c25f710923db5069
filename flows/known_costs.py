"""Costs of last night that hold tonight: a row whose inputs are the same is not computed again.

The cost model is a pure function, each row's figures independent of the other rows, so a row may be taken over whenever
all that it was computed from is equal: its joined inputs and demand profile, the assumptions, the number of draws, and
the code itself. `input_hash` stands for all of these, and for the row's key.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa

import costmodel
from connectors.duck import literals
from connectors.memory import give_back
from flows import cost_joins, costing, model_tables
from flows.cost_joins import COST_INPUT, Tables, named
from flows.costing import PART_ROWS, costs_of, joined_rows, model_columns, parts
from flows.model_tables import assumption_table, demand_profiles
from flows.partitions import in_parts
from flows.settings import Settings

HASH = "input_hash"
COSTED_ROWS = 16_384  # rows that the model sees at once: inputs and results take 3 kB each
KEY = f"scenario_id, option_id, {HASH}"
TAKEN_OVER = f"select * from {{known}} semi join tonight using ({KEY})"
LACKING = f"select scenario_id, count(*) from tonight anti join {{known}} using ({KEY}) group by all order by all"
PROFILES = "select profile, hash(list(share_of_day order by hour)) as by_hour from {demand_profile} group by profile"
ALL = "select scenario_id, (select count(*) from {option}) from {scenario} order by scenario_id"


def to_compute(con: duckdb.DuckDBPyConnection, tables: Tables, *, draws: int, known: str | None) -> dict[str, int]:
    """Rows that `known` lacks, by scenario.

    Where there is a `known`, makes the temporary table ``tonight`` of TAKEN_OVER: the key and input_hash (UBIGINT) of
    every (scenario, option).

    Args:
        con: connection that sees all `tables` and `known`.
        tables: as for :func:`flows.costing.cost_rows`.
        draws: as for :func:`flows.costing.cost_rows`.
        known: FROM expression of costs of another night; None where there are none.
    """
    if known is None:
        return dict(con.execute(named(tables, ALL)).fetchall())
    hashed = f"select {KEY} from ({_hashed(con, tables, draws)})"
    con.execute("create or replace temp table tonight (scenario_id varchar, option_id varchar, input_hash ubigint)")
    for part in parts(con, tables):  # the join of all at once takes 300 MB
        con.execute(f"insert into tonight {named(part, hashed)}")
    return dict(con.execute(LACKING.format(known=known)).fetchall())


def new_costs(
    con: duckdb.DuckDBPyConnection,
    tables: Tables,
    *,
    rows: dict[str, int],
    known: str | None,
    draws: int,
    settings: Settings | None = None,
) -> Iterator[pa.Table]:
    """Daily cost of what `known` lacks, as :func:`flows.costing.cost_rows`, with input_hash.

    Args:
        con: connection that sees all `tables` and `known`.
        tables: as for :func:`flows.costing.cost_rows`.
        rows: as :func:`to_compute` tells; a scenario that is not among them is not looked at.
        known: as for :func:`to_compute`.
        draws: as for :func:`flows.costing.cost_rows`.
        settings: where rows are computed, see :func:`flows.partitions.in_parts`.
    """
    assumptions, profiles = assumption_table(con, tables), demand_profiles(con, tables)
    lacking = f"anti join {known} using ({KEY})" if known else ""
    inputs = f"select * from ({_hashed(con, tables, draws)}) {lacking}"
    hashes: deque[pa.ChunkedArray] = deque()

    def joined() -> Iterator[tuple[object, ...]]:
        for scenarios in _scenarios(rows):
            some = f"(select * from {tables['scenario']} where scenario_id in ({literals(scenarios)}))"
            found = joined_rows(con, {**tables, "scenario": some}, inputs)
            give_back()
            for start in range(0, max(1, len(found)), COSTED_ROWS):  # no row is a part too: it has the columns
                part = found.slice(start, COSTED_ROWS)
                hashes.append(part[HASH])
                yield part, model_columns(part, profiles, assumptions), assumptions, draws
            del found, part  # else the next rows are joined while these are still held

    for costs in in_parts(settings, costs_of, joined()):
        yield costs.append_column(HASH, hashes.popleft())


def _scenarios(rows: dict[str, int]) -> Iterator[list[str]]:
    """Scenarios of about PART_ROWS rows together."""
    part: list[str] = []
    for scenario, count in rows.items():
        if part and count + sum(rows[name] for name in part) > PART_ROWS:
            yield part
            part = []
        part.append(scenario)
    if part:
        yield part


def _hashed(con: duckdb.DuckDBPyConnection, tables: Tables, draws: int) -> str:
    return (
        f"select inputs.*, hash(inputs, by_hour, '{_context(con, tables, draws)}') as {HASH}"
        f" from ({COST_INPUT}) as inputs left join ({PROFILES}) as profiles on profile = inputs.demand_profile"
    )


def _context(con: duckdb.DuckDBPyConnection, tables: Tables, draws: int) -> str:
    """A digest of what all rows share."""
    shared = repr((assumption_table(con, tables), draws, _code()))
    return hashlib.sha256(shared.encode()).hexdigest()


@cache
def _code() -> str:
    """A digest of the cost model's own files: a formula may change before its version does."""
    joins = [Path(cost_joins.__file__), Path(costing.__file__), Path(model_tables.__file__)]
    files = [*joins, *sorted(Path(costmodel.__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
