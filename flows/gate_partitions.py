"""The verdict on each partition: one answer of one source about one region and price kind."""

from __future__ import annotations

from datetime import date

import duckdb

from connectors.records import RECORDS, InstancePrice, InstanceSpec, Record, ServicePrice, TokenPrice, table_name
from flows.gate_moves import BUNDLED, NEVER_SPOT, known

# Lists that are whole each night: what is missing from them is not sold any more.
LISTS: tuple[type[Record], ...] = (InstancePrice, ServicePrice, TokenPrice, InstanceSpec)
ROWS_RATIO = 0.15
MOVED_RATIO = 0.02
# Of a short list a single row is a large share, and still only a row: so few of them never refuse a list.
FEW_ROWS = 2
FEW_MOVES = 1

VERDICT = f"""
case
    when landed.status <> 'complete' then null
    when landed.rows > 0 and passed = 0 and moved = 0 then 'no row passed the gate'
    when not compared then null
    when abs(passed + moved - last_rows) > greatest({ROWS_RATIO} * last_rows, {FEW_ROWS}) and not rows_excepted
        then format('{{}} rows after {{}} last night: more than {ROWS_RATIO:.0%} apart', passed + moved, last_rows)
    when moved > greatest({MOVED_RATIO} * (passed + moved), {FEW_MOVES})
        then format('{{}} of {{}} prices moved too far: more than {MOVED_RATIO:.0%}', moved, passed + moved)
end
"""


def judge_partitions(con: duckdb.DuckDBPyConnection, day: date, scope: str) -> None:
    """Write ``gate.partition``, one row per partition of tonight, and take back the rows of those refused."""
    lists = [table_name(r) for r in LISTS]
    last = (
        f"select source, record, region, kind, arg_max(accepted_rows, cost_date) as last_rows,"
        f" arg_max(scope, cost_date) as last_scope from history.hist_partition"
        f" where cost_date < '{day}' and status = 'complete' and source not in {BUNDLED} group by all"
        if known(con, "hist_partition")
        else "select source, record, region, kind, 0 as last_rows, '' as last_scope from landing.partition limit 0"
    )
    con.execute(
        f"""
        create or replace table gate.partition as
        with passed as ({_counts("gate.{name}", "true")}),
        held as ({_counts("gate.held_{name}", "moved")}),
        last as ({last}),
        landed as (
            select p.*, coalesce(passed.counted, 0) as passed, coalesce(held.counted, 0) as moved,
                last_rows, coalesce(last_scope = $scope, false) and list_contains($lists, record)
                    and {NEVER_SPOT.replace("part_kind", "kind")} as compared,
                exists (
                    from gate.exception as e where e.check = 'rows' and p.source glob e.source
                        and p.region glob e.region and p.kind glob e.kind
                ) as rows_excepted
            from landing.partition as p
            left join passed using (source, record, region, kind)
            left join held using (source, record, region, kind)
            left join last using (source, record, region, kind)
        ),
        judged as (select *, {VERDICT} as verdict from landed)
        select $day::date as cost_date, $scope as scope,
            * exclude (passed, moved, last_rows, compared, rows_excepted, verdict) replace (
                if(verdict is null, status, 'rejected') as status,
                coalesce(verdict, message) as message
            ),
            if(verdict is null, passed, 0) as accepted
        from judged
        order by all
        """,
        {"day": day, "scope": scope, "lists": lists},
    )
    con.execute(
        "create or replace temp table verdict as"
        " select record, source, region as part_region, kind as part_kind, message"
        " from gate.partition where status = 'rejected'"
    )
    refused = set(con.execute("select distinct record from verdict").fetchall())
    for record in RECORDS:
        if (table_name(record),) in refused:
            _take_back(con, record, day)


def _take_back(con: duckdb.DuckDBPyConnection, record: type[Record], day: date) -> None:
    """Rows of refused partitions leave ``gate.<record>``; each stands in ``gate.quarantine`` with the verdict."""
    name = table_name(record)
    con.execute(
        f"""
        insert into gate.quarantine by name
        select $day::date as cost_date, source, record, part_region as region, part_kind as kind,
            concat_ws('/', {", ".join(f"refused.{column}" for column in record.KEY)}) as key,
            'its partition was refused: ' || verdict.message as reason, to_json(refused) as row, false as held
        from gate.{name} as refused inner join verdict using (source, part_region, part_kind)
        where record = '{name}'
        """,
        {"day": day},
    )
    part = "row(source, part_region, part_kind)"
    for table in (name, f"held_{name}"):
        con.execute(f"delete from gate.{table} where {part} in (select {part} from verdict where record = '{name}')")


def _counts(table: str, where: str) -> str:
    """SQL of the number of rows of each partition, over all record types."""
    return " union all ".join(
        f"select source, '{name}' as record, part_region as region, part_kind as kind, count(*) as counted"
        f" from {table.format(name=name)} where {where} group by all"
        for name in map(table_name, RECORDS)
    )
