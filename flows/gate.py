"""The gate: what a landing row and a landing partition must satisfy before they reach history.

Every check is data: a row check yields rows for quarantine, a partition check refuses the whole
partition. What is refused stays in ``gate.quarantine`` and ``gate.partition`` with the reason;
what passes stands in ``gate.<record>``.
"""

from __future__ import annotations

from datetime import date

import duckdb

from connectors.records import (
    RECORDS,
    FxRate,
    InstancePrice,
    Record,
    ServicePrice,
    SpotPrice,
    Tariff,
    TokenPrice,
    schema_of,
    table_name,
)

# Columns that must be above zero (0 = missing), and the band in which a value is believable, in
# the row's own currency; CNY and JPY lists lie within the same decades.
POSITIVE: dict[type[Record], dict[str, tuple[float, float]]] = {
    InstancePrice: {"price_per_hour": (0.0001, 100_000)},
    SpotPrice: {"price_per_hour": (0.00001, 100_000)},
    ServicePrice: {},
    Tariff: {},
    FxRate: {"rate": (0.000001, 1_000_000)},
    TokenPrice: {"per_million_output": (0.000001, 100_000)},
}
RETAIL_BAND_USD = (0.005, 0.80)


def gate(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Split ``landing.*`` into ``gate.*`` and ``gate.quarantine`` for the night of `day`."""
    con.execute("create schema if not exists gate")
    con.execute(
        "create table if not exists gate.quarantine (cost_date date, source varchar, record varchar,"
        " region varchar, kind varchar, key varchar, reason varchar, row varchar)"
    )
    con.execute("delete from gate.quarantine where cost_date = ?", [day])
    con.execute(
        "insert into gate.quarantine by name select ?::date as cost_date, source, record, part_region as region,"
        " part_kind as kind, key, reason, row from landing.rejected",
        [day],
    )
    for record in RECORDS:
        _gate_rows(con, record, day)
    _gate_partitions(con, day)


def _gate_rows(con: duckdb.DuckDBPyConnection, record: type[Record], day: date) -> None:
    """Quarantine rows of one record type; pass the others on, exact duplicates folded."""
    name = table_name(record)
    key = ", ".join(record.KEY)
    required = [f.name for f in schema_of(record) if not f.nullable]
    missing = " or ".join(f'"{c}" is null' for c in required)
    bands = POSITIVE.get(record, {})
    outside = " or ".join(f'"{c}" not between {low} and {high}' for c, (low, high) in bands.items()) or "false"
    con.execute(
        f"""
        create or replace table gate.{name} as
        with folded as (select distinct * from landing.{name}),
        judged as (
            select *, case
                when {missing} then 'missing required field'
                when {outside} then 'price outside its believable band'
                when count(*) over (partition by source, {key}) > 1 then 'conflict: two rows for one key'
            end as reason
            from folded
        )
        select * from judged
        """
    )
    con.execute(
        f"""
        insert into gate.quarantine by name
        select ?::date as cost_date, source, '{name}' as record, part_region as region, part_kind as kind,
            concat_ws('/', {key}) as key, reason,
            to_json(g) as row
        from gate.{name} as g where reason is not null
        """,
        [day],
    )
    con.execute(f"delete from gate.{name} where reason is not null")
    con.execute(f"alter table gate.{name} drop column reason")


def _gate_partitions(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """One row per partition of tonight, with its verdict."""
    counts = " union all ".join(
        f"select source, '{table_name(r)}' as record, part_region as region, part_kind as kind, count(*) as passed"
        f" from gate.{table_name(r)} group by all"
        for r in RECORDS
    )
    con.execute(
        f"""
        create or replace table gate.partition as
        with passed as ({counts})
        select ?::date as cost_date, p.* replace (
                case when p.status = 'complete' and p.rows > 0 and coalesce(passed.passed, 0) = 0
                    then 'rejected' else p.status end as status,
                case when p.status = 'complete' and p.rows > 0 and coalesce(passed.passed, 0) = 0
                    then 'no row passed the gate' else p.message end as message
            ),
            coalesce(passed.passed, 0) as accepted
        from landing.partition as p
        left join passed using (source, record, region, kind)
        order by all
        """,
        [day],
    )
