"""Prices whose new row a source's reader refused: their last one stays, as when the gate refuses a row."""

from __future__ import annotations

from datetime import date

import duckdb

from connectors.records import InstancePrice, table_name
from flows.gate_moves import known


def hold_refused(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Hold the last price of instance types that ``landing.rejected`` names and tonight's rows do not have.

    A reader names what it refuses by a text whose parts stand between slashes; one of them is the instance
    type. Without this, a conflict or a price of zero would look like an instance type that is sold no more.
    """
    name, key = table_name(InstancePrice), ", ".join(InstancePrice.KEY)
    refused = con.execute("select exists (from landing.rejected where record = ?)", [name]).fetchone()
    if refused == (False,) or not known(con, f"hist_{name}"):
        return
    con.execute(
        f"""
        create or replace temp table refused as
        with named as (
            select distinct source, part_region, part_kind, unnest(string_split(key, '/')) as sku, reason
            from landing.rejected where record = '{name}'
        ),
        last as (
            select * from history.hist_{name}
            where valid_from < $day and coalesce(valid_to, 'infinity'::date) >= $day
        )
        select source, part_region, part_kind, {key}, string_agg(distinct reason, '; ' order by reason) as reason
        from last
        inner join named using (source, part_region, part_kind, sku)
        anti join gate.{name} as tonight using (source, {key})
        anti join gate.held_{name} as held using (source, {key})
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
