"""The gate: what a landing row and a landing partition must satisfy before they reach history.

Every check is data: a row check yields rows for quarantine, a partition check refuses the whole
partition. What is refused stays in ``gate.quarantine`` and ``gate.partition`` with the reason; what
passes stays in ``gate.<record>``. A refused row's key stands in ``gate.held_<record>``: history
leaves its last price as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa

from connectors.records import RECORDS, Record, schema_of, table_name
from flows.config_tables import GateException
from flows.gate_bands import load_accelerated, outside
from flows.gate_moves import MOVE, find_moves
from flows.gate_partitions import judge_partitions
from flows.gate_refused import hold_refused


@dataclass(frozen=True)
class Rules:
    """What the gate of one night goes by.

    Args:
        day: the night.
        scope: which instance types were asked for; counts and prices of another scope are not compared.
        exceptions: what ``costwatt.toml`` lets pass by name.
    """

    day: date
    scope: str = ""
    exceptions: Sequence[GateException] = ()


def gate(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Take out of ``gate.<record>`` what does not pass, into ``gate.quarantine``."""
    con.execute(
        "create table if not exists gate.quarantine (cost_date date, source varchar, record varchar,"
        " region varchar, kind varchar, key varchar, reason varchar, row varchar, held boolean)"
    )
    con.execute("delete from gate.quarantine where cost_date >= ?", [rules.day])
    con.execute(
        "insert into gate.quarantine by name select ?::date as cost_date, source, record, part_region as region,"
        " part_kind as kind, key, reason, row, false as held from landing.rejected",
        [rules.day],
    )
    _note_exceptions(con, rules)
    load_accelerated(con)
    for record in RECORDS:
        _gate_rows(con, record, rules)
    hold_refused(con, rules.day)
    judge_partitions(con, rules.day, rules.scope)


def forget_quarantine(con: duckdb.DuckDBPyConnection, until: date) -> None:
    """Drop what was quarantined up to a night; of prices held back, by which history tells their age, the row alone."""
    con.execute("delete from gate.quarantine where not held and cost_date <= ?", [until])
    con.execute("update gate.quarantine set row = null where row is not null and cost_date <= ?", [until])


EXCEPTION_COLUMNS = pa.schema([(n, pa.string()) for n in ("check", "source", "region", "kind", "key", "reason")])


def _note_exceptions(con: duckdb.DuckDBPyConnection, rules: Rules) -> None:
    """Write the exceptions that hold tonight to ``gate.exception``."""
    in_force = [e for e in rules.exceptions if e.until is None or rules.day <= e.until]
    rows = pa.Table.from_pylist(
        [e.model_dump(include=set(EXCEPTION_COLUMNS.names)) for e in in_force], EXCEPTION_COLUMNS
    )
    con.register("exceptions", rows)
    con.execute("create or replace table gate.exception as select * from exceptions")
    con.unregister("exceptions")


def _gate_rows(con: duckdb.DuckDBPyConnection, record: type[Record], rules: Rules) -> None:
    """Quarantine rows of one record type; leave the others, exact duplicates folded."""
    name = table_name(record)
    key = ", ".join(record.KEY)
    required = [f.name for f in schema_of(record) if not f.nullable]
    missing = " or ".join(f'"{c}" is null' for c in required)
    beyond_belief, join = outside(record)
    find_moves(con, record, rules.day, rules.scope)
    # rows under one key are looked for by its hash, which costs less; those found are compared in full
    con.execute(
        f"""
        create or replace temp table suspect as
        with twice as (select hash(source, {key}) as key_hash from gate.{name} group by all having count(*) > 1),
        folded as (
            select distinct tonight.*, moved.reason as move, {beyond_belief} as outside
            from gate.{name} as tonight {join}
            left join moved using (source, {key})
            where {missing} or {beyond_belief} or moved.reason is not null or hash(source, {key}) in (from twice)
        )
        select * exclude (move, outside), case
            when {missing} then 'missing required field'
            when outside then 'price outside its believable band'
            when count(*) over (partition by source, {key}) > 1 then 'conflict: two rows for one key'
            else move
        end as reason
        from folded
        """
    )
    con.execute(
        f"""
        insert into gate.quarantine by name
        select ?::date as cost_date, source, '{name}' as record, part_region as region, part_kind as kind,
            concat_ws('/', {key}) as key, reason, to_json(suspect) as row, true as held
        from suspect where reason is not null
        """,
        [rules.day],
    )
    con.execute(
        f"create or replace table gate.held_{name} as"
        f" select distinct source, part_region, part_kind, {key}, starts_with(reason, '{MOVE}') as moved"
        " from suspect where reason is not null"
    )
    con.execute(f"delete from gate.{name} where row(source, {key}) in (select row(source, {key}) from suspect)")
    con.execute(f"insert into gate.{name} by name select * exclude (reason) from suspect where reason is null")
