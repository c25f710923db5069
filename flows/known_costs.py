"""Costs of last night that hold tonight: a row whose inputs are the same is not computed again.

The cost model is a pure function, each row's figures independent of the other rows, so a row may be taken over whenever
all that it was computed from is equal: its joined inputs, the assumptions and demand profiles, the number of draws, and
the code itself. `input_hash` stands for all of these.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

import costmodel
from flows import costing
from flows.costing import COST_INPUT, Tables, assumption_table, costs_of, demand_profiles, input_rows
from flows.memory import give_back
from flows.partitions import in_parts
from flows.settings import Settings

HASH = "input_hash"
KEY = ["scenario_id", "option_id", HASH]
ORDER = [("scenario_id", "ascending"), ("option_id", "ascending")]


def cost_or_take_over(
    con: duckdb.DuckDBPyConnection, tables: Tables, *, draws: int, known: str | None, settings: Settings | None = None
) -> Iterator[pa.Table]:
    """Daily cost of every (scenario, option), as :func:`flows.costing.cost_rows`, with input_hash (UBIGINT).

    Args:
        con: connection that sees all `tables`.
        tables: as for :func:`flows.costing.cost_rows`.
        draws: as for :func:`flows.costing.cost_rows`.
        known: FROM expression of what this function gave last night; None where there is no such night.
        settings: where new rows are computed, see :func:`flows.partitions.in_parts`.
    """
    assumptions = assumption_table(con, tables)
    hashed = f"select *, hash(inputs, '{_context(con, tables, draws)}') as input_hash from ({COST_INPUT}) as inputs"
    drawn: deque[tuple[pa.ChunkedArray, pa.Table | None]] = deque()

    def new_rows() -> Iterator[tuple[object, ...]]:
        for rows, columns in input_rows(con, tables, hashed):
            taken_over = _taken_over(con, known, rows) if known else None
            # the hash holds the row's key too
            is_new = ~np.isin(rows[HASH], taken_over[HASH]) if taken_over else np.ones(len(rows), bool)
            new = rows.filter(is_new)
            give_back()
            drawn.append((new[HASH], taken_over))
            yield new, {name: values[is_new] for name, values in columns.items()}, assumptions, draws

    for costs in in_parts(settings, costs_of, new_rows()):
        hashes, taken_over = drawn.popleft()
        costed = costs.append_column(HASH, hashes)
        yield pa.concat_tables([costed, taken_over.cast(costed.schema)]).sort_by(ORDER) if taken_over else costed


def _taken_over(con: duckdb.DuckDBPyConnection, known: str, rows: pa.Table) -> pa.Table:
    """Rows of last night with a key and hash of tonight."""
    con.register("tonight", rows.select(KEY))
    return con.execute(f"select * from {known} semi join tonight using ({', '.join(KEY)})").to_arrow_table()


def _context(con: duckdb.DuckDBPyConnection, tables: Tables, draws: int) -> str:
    """A digest of what all rows share."""
    profiles = {name: shares.tolist() for name, shares in demand_profiles(con, tables).items()}
    shared = repr((assumption_table(con, tables), sorted(profiles.items()), draws, _code()))
    return hashlib.sha256(shared.encode()).hexdigest()


@cache
def _code() -> str:
    """A digest of the cost model's own files: a formula may change before its version does."""
    files = [Path(costing.__file__), *sorted(Path(costmodel.__file__).parent.glob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
