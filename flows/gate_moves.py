"""Prices that move too far in one night to be believed without a word from a person."""

from __future__ import annotations

from datetime import date

import duckdb

from connectors.records import InstancePrice, Record, ServicePrice, TokenPrice, table_name

# Prices that are compared with those of the night before. The other record types are observations:
# each row has its own date, so nothing is overwritten, and the model has bands of its own for them.
COMPARED: dict[type[Record], tuple[str, ...]] = {
    InstancePrice: ("price_per_hour",),
    ServicePrice: ("price",),
    TokenPrice: ("per_million_input", "per_million_output"),
}
MOVE_RATIO = 0.5
MOVE = "price moved"
# Our own dated tables: a release replaces them, and a live price may be far from them.
BUNDLED = ("bundled_prices", "bundled_token_prices", "static_tariffs", "bundled_rates")
# Spot prices are made to move.
NEVER_SPOT = "part_kind not like 'spot%'"


def find_moves(con: duckdb.DuckDBPyConnection, record: type[Record], day: date, scope: str) -> None:
    """Temp table ``moved``: keys of tonight whose price left the one of the night before, with the reason.

    Only prices of one source are compared with each other, and only within one scope; what
    ``gate.exception`` names is let through.
    """
    name, key = table_name(record), ", ".join(record.KEY)
    if record not in COMPARED or not known(con, f"hist_{name}"):
        nothing = f"select source, {key}, '' as reason from gate.{name} limit 0"
        con.execute(f"create or replace temp table moved as {nothing}")
        return
    pairs = " union all ".join(
        f"select source, landed.part_region, landed.part_kind, {key}, concat_ws('/', {key}) as price_key,"
        f" '{c}' as price, last.{c} as old, landed.{c} as new"
        f" from gate.{name} as landed inner join last using (source, {key})"
        for c in COMPARED[record]
    )
    con.execute(
        f"""
        create or replace temp table moved as
        with same_scope as (
            select source, region as part_region, kind as part_kind
            from history.hist_partition
            where cost_date < $day and status = 'complete' and record = '{name}' and source not in {BUNDLED}
            group by all
            having arg_max(scope, cost_date) = $scope
        ),
        last as (
            select * from history.hist_{name}
            semi join same_scope using (source, part_region, part_kind)
            where valid_from < $day and coalesce(valid_to, 'infinity'::date) >= $day and {NEVER_SPOT}
        ),
        pairs as ({pairs}),
        far as (
            select distinct * from pairs as m
            where old > 0 and abs(new / old - 1) > {MOVE_RATIO} and not exists (
                from gate.exception as e
                where e.check = 'price' and m.source glob e.source and m.part_region glob e.region
                    and m.part_kind glob e.kind and m.price_key glob e.key
            )
        )
        select source, {key}, string_agg(
            format('{MOVE}: {{}} from {{}} to {{}} ({{:+.1f}} %)', price, old, new, 100.0 * (new / old - 1)),
            '; ' order by price, new
        ) as reason
        from far group by all
        """,
        {"day": day, "scope": scope},
    )


def known(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether an earlier night left this table of history."""
    found = con.execute(
        "select count(*) from duckdb_tables() where schema_name = 'history' and table_name in (?, 'hist_partition')",
        [table],
    ).fetchone()
    return found == (len({table, "hist_partition"}),)
