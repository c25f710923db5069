"""What moved an option's cost since an earlier night: the published cost_change of each kept night, summed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from connectors.errors import UsageError
from costmodel.attribution import FACTORS
from flows.currency import published_rate
from flows.publish import kept_nights
from flows.quantities import one_of
from flows.reference import Reference, rows_of
from flows.settings import Settings
from flows.what_if import open_night

ZERO: Final = Decimal(0)


@dataclass(frozen=True)
class Night:
    """An option on one night.

    Args:
        cost: the row of ``daily_cost``.
        option: the row of ``option``.
        assumptions: values by name.
        change: the row of ``cost_change``; empty where the night changed nothing, and for the first night.
    """

    cost: dict[str, Any]
    option: dict[str, Any]
    assumptions: dict[str, float]
    change: dict[str, Any]


@dataclass(frozen=True)
class Change:
    """What moved a cost; the parts sum to the change [usd/day].

    Args:
        before: the first night.
        after: the last one.
        parts: by factor.
        rate: units of the asked currency per USD on the last night; the first is converted at it too, so that what
            is shown as moved did move.
    """

    before: Night
    after: Night
    parts: dict[str, Decimal]
    rate: Decimal

    @property
    def usd_per_day(self) -> Decimal:
        """The whole change [usd/day]."""
        return sum(self.parts.values(), ZERO)


def why(settings: Settings, option_id: str, scenario_id: str, since: str, currency: str) -> Change:
    """Say what moved one option's cost between the night of `since` and the last one.

    Args:
        settings: where the nights are.
        option_id: the option, as published.
        scenario_id: the service.
        since: a night that is kept, YYYY-MM-DD; "": the last one before the published night.
        currency: ISO 4217 code of the answer.

    Raises:
        UsageError: there is no earlier night, or the option or the scenario has no cost on both, or no rate of the
            currency is known.
    """
    kept = sorted(kept_nights(settings.paths))
    first = since or (kept[-2] if len(kept) > 1 else "")
    if kept and not first:
        raise UsageError(f"only the night of {kept[0]} is kept; ask again after the next refresh")
    days = [first, *(day for day in kept if day > first)]
    nights = [_night(settings, day, option_id, scenario_id, changes=day != first) for day in days]
    parts = {name: sum((n.change.get(f"by_{name}_usd") or ZERO for n in nights[1:]), ZERO) for name in FACTORS}
    return Change(nights[0], nights[-1], parts, published_rate(settings.paths, currency))


def _night(settings: Settings, day: str, option_id: str, scenario_id: str, *, changes: bool) -> Night:
    with open_night(settings, day) as reference:
        known = _names(reference, "select distinct option_id from night.option")
        one_of("option", option_id, known, 'costwatt sql "select option_id from option"')
        where, key = "where option_id = ? and scenario_id = ?", [option_id, scenario_id]
        costs = rows_of(reference.con, f"from night.daily_cost {where} and usd_per_day is not null", key)
        if not costs:
            raise UsageError(f"{option_id}: has no cost for the scenario {scenario_id} on the night of {day}")
        moved = rows_of(reference.con, f"from night.cost_change {where}", key) if changes else []
        options = rows_of(reference.con, "from night.option where option_id = ?", [option_id])
        assumptions = reference.con.execute("select assumption, value from night.assumption").fetchall()
        return Night(costs[0], options[0], dict(assumptions), moved[0] if moved else {})


def _names(reference: Reference, sql: str) -> list[str]:
    return sorted(name for (name,) in reference.con.execute(sql).fetchall())
