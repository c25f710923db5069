"""Landing files and the user's own figures into the warehouse, then through the gate."""

from __future__ import annotations

import hashlib
import json
from datetime import date, timedelta

from connectors.ask import Known
from flows import landing
from flows.gate import Rules, forget_quarantine, gate
from flows.gate_moves import MOVE, known
from flows.given import load_given
from flows.settings import Settings
from flows.sources import accelerator_skus
from flows.warehouse import open_warehouse, whole


def load_and_gate(settings: Settings, day: date) -> list[tuple[str, str, int]]:
    """Load tonight's files; return (source, status, accepted rows) of every source."""
    with open_warehouse(settings) as con, whole(con):
        landing.load(con, settings.paths.landing, day)
        load_given(con, settings)
        gate(con, Rules(day, scope_of(settings), settings.gate_exceptions))
        forget_quarantine(con, day - timedelta(days=settings.landing_keep))
        return con.execute(
            "select source, string_agg(distinct status, '+' order by status), sum(accepted)::bigint"
            " from gate.partition group by source order by source"
        ).fetchall()


def scope_of(settings: Settings) -> str:
    """Name of the set of instance types that is asked for; another set, another name."""
    if settings.scope == "all":
        return "all"
    skus = json.dumps({p: sorted(s) for p, s in sorted(accelerator_skus().items())})
    return f"accelerated/{hashlib.sha256(skus.encode()).hexdigest()[:12]}"


def known_partitions(settings: Settings, day: date) -> dict[tuple[str, str, str], Known]:
    """What the last accepted night before `day` knows of each (source, region, kind).

    Partitions of another scope are left out. Where a price was held back the version is forgotten, so
    that the source answers in full again, and never "unchanged".
    """
    if not settings.warehouse and not settings.paths.warehouse.exists():
        return {}
    with open_warehouse(settings, read_only=True) as con:
        if not known(con, "hist_instance_price"):
            return {}
        answered = con.execute(
            """
            with held as (
                select distinct source, region, kind, cost_date, true as is_held
                from gate.quarantine where held and starts_with(reason, $move)
            )
            select
                source, region, kind,
                arg_max(if(is_held, '', source_version), cost_date), arg_max(if(is_held, '', etag), cost_date)
            from history.hist_partition
            left join held using (source, region, kind, cost_date)
            where status in ('complete', 'unchanged') and cost_date < $day
            group by all
            having arg_max(scope, cost_date) = $scope
            """,
            {"day": day, "scope": scope_of(settings), "move": MOVE},
        ).fetchall()
        priced = con.execute(
            """
            select source, part_region, part_kind, list(distinct sku || '/' || purchase_option)
            from history.hist_instance_price
            where valid_from < $day and coalesce(valid_to, 'infinity'::date) >= $day
            group by all
            """,
            {"day": day},
        ).fetchall()
    keys = {(source, region, kind): frozenset(named) for source, region, kind, named in priced}
    return {
        (source, region, kind): Known(version, etag, keys.get((source, region, kind), frozenset()))
        for source, region, kind, version, etag in answered
    }
