"""Prices whose new row a source's reader refused: their last one stays, as when the gate refuses a row."""

from __future__ import annotations

from datetime import date

import duckdb

from connectors.records import InstancePrice, Record, ServicePrice, TokenPrice, table_name
from flows.gate_moves import known

# What a refused row tells of itself, and when that may be the successor of a last price. A reader puts the
# instance type between slashes into the key, an empty part where the row does not say it; a token price has
# its model somewhere in the key or the row. A row that names nothing may be about any price that is missing.
# Of a service any refused tier makes the whole set incomplete.
SUCCESSOR: dict[type[Record], tuple[str, str]] = {
    InstancePrice: ("unnest(string_split(key, '/'))", "told in ('', last.sku)"),
    ServicePrice: ("''", "true"),
    TokenPrice: ("concat_ws(' ', key, row)", "contains(told, last.model) or starts_with(told, ' ')"),
}


def hold_refused(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Hold the last prices that ``landing.rejected`` may be about and tonight's rows do not have.

    Without this, a conflict or a price of zero would look like something that is sold no more.
    """
    refused = {record for (record,) in con.execute("select distinct record from landing.rejected").fetchall()}
    for record in SUCCESSOR:
        if table_name(record) in refused and known(con, f"hist_{table_name(record)}"):
            _hold(con, record, day)


def _hold(con: duckdb.DuckDBPyConnection, record: type[Record], day: date) -> None:
    name, key = table_name(record), ", ".join(record.KEY)
    told, is_successor = SUCCESSOR[record]
    con.execute(
        f"""
        create or replace temp table refused as
        with named as (
            select distinct source, part_region, part_kind, {told} as told, reason
            from landing.rejected where record = '{name}'
        ),
        last as (
            select * from history.hist_{name}
            where valid_from < $day and coalesce(valid_to, 'infinity'::date) >= $day
        ),
        missing as (
            select last.* from last
            anti join gate.{name} as tonight using (source, {key})
            anti join gate.held_{name} as held using (source, {key})
        )
        select source, part_region, part_kind, {key}, string_agg(distinct reason, '; ' order by reason) as reason
        from missing as last
        inner join named using (source, part_region, part_kind)
        where {is_successor}
        group by all
        """,
        {"day": day},
    )
    con.execute(
        f"insert into gate.held_{name} by name"
        f" select source, part_region, part_kind, {key}, false as moved from refused"
    )
    con.execute(
        f"""
        insert into gate.quarantine by name
        select ?::date as cost_date, source, '{name}' as record, part_region as region, part_kind as kind,
            concat_ws('/', {key}) as key, 'its last price stays: ' || reason as reason, '{{}}' as row, true as held
        from refused
        """,
        [day],
    )
