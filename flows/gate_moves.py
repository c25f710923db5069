"""Prices that move too far in one night to be believed without a word from a person."""

from __future__ import annotations

from datetime import date

import duckdb

from connectors.records import FxRate, InstancePrice, Record, ServicePrice, TokenPrice, table_name

# Prices that are compared with those of the night before. The other record types are observations:
# each row has its own date, so nothing is overwritten. Of them exchange rates are compared with the
# last fixing; the model has bands of its own for the rest.
COMPARED: dict[type[Record], tuple[str, ...]] = {
    InstancePrice: ("price_per_hour",),
    ServicePrice: ("price",),
    TokenPrice: ("per_million_input", "per_million_cached_input", "per_million_output"),
}
MOVE_RATIO = 0.5
RATE_MOVE_RATIO = 0.2
MOVE = "price moved"
# Our own dated tables: a release replaces them, and a live price may be far from them.
BUNDLED = ("bundled_prices", "bundled_token_prices", "static_tariffs", "bundled_rates")
# Spot prices are made to move.
NEVER_SPOT = "part_kind not like 'spot%'"


def find_moves(con: duckdb.DuckDBPyConnection, record: type[Record], day: date, scope: str) -> None:
    """Temp table ``moved``: keys of tonight whose price left the last accepted one, with the reason.

    Only prices of one source are compared with each other; what ``gate.exception`` names is let through.
    """
    name, key = table_name(record), ", ".join(record.KEY)
    compared = record in COMPARED or record is FxRate
    if not compared or not known(con, f"hist_{name}"):
        nothing = f"select source, {key}, '' as reason from gate.{name} limit 0"
        con.execute(f"create or replace temp table moved as {nothing}")
        return
    if record is FxRate:
        _pair_fixings(con, day)
    else:
        _pair_prices(con, record, day, scope)
    con.execute(
        f"""
        create or replace temp table moved as
        with far as (
            select distinct * from pairs as m
            where old > 0 and abs(new / old - 1) > {RATE_MOVE_RATIO if record is FxRate else MOVE_RATIO}
                and not exists (
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
        """
    )


def _pair_prices(con: duckdb.DuckDBPyConnection, record: type[Record], day: date, scope: str) -> None:
    """Temp table ``pairs``: each price of tonight beside that of the last night of the same scope."""
    name, key = table_name(record), ", ".join(record.KEY)
    pairs = " union all ".join(
        f"select source, landed.part_region, landed.part_kind, {key}, concat_ws('/', {key}) as price_key,"
        f" '{c}' as price, last.{c} as old, landed.{c} as new"
        f" from gate.{name} as landed inner join last using (source, {key})"
        for c in COMPARED[record]
    )
    con.execute(
        f"""
        create or replace temp table pairs as
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
        )
        {pairs}
        """,
        {"day": day, "scope": scope},
    )


def _pair_fixings(con: duckdb.DuckDBPyConnection, day: date) -> None:
    """Temp table ``pairs``: each fixing of tonight beside the last accepted one that is not of a later day."""
    key = ", ".join(f"landed.{column}" for column in FxRate.KEY)
    con.execute(
        f"""
        create or replace temp table pairs as
        select source, landed.part_region, landed.part_kind, {key}, concat_ws('/', {key}) as price_key,
            'rate' as price, arg_max(last.rate, last.rate_date) as old, landed.rate as new
        from gate.fx_rate as landed
        inner join history.hist_fx_rate as last using (source, base_currency, quote_currency)
        where source not in {BUNDLED} and last.rate_date <= landed.rate_date
            and last.valid_from < $day and coalesce(last.valid_to, 'infinity'::date) >= $day
        group by all
        """,
        {"day": day},
    )


def known(con: duckdb.DuckDBPyConnection, table: str) -> bool:
    """Whether an earlier night left this table of history."""
    found = con.execute(
        "select count(*) from duckdb_tables() where schema_name = 'history' and table_name in (?, 'hist_partition')",
        [table],
    ).fetchone()
    return found == (len({table, "hist_partition"}),)
