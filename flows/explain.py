"""One option's cost taken apart: every component with its formula, its inputs and where each comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from connectors.errors import UsageError
from costmodel.explain import Input, Line, explain
from costmodel.uncertainty import Assumption
from flows.costing import input_rows
from flows.currency import units_per_usd
from flows.discounts import note_of_discounts
from flows.model_tables import assumption_table
from flows.provenance import FLEET_UNITS, UNITS, Origin, origins
from flows.quantities import one_of
from flows.reference import Reference, rows_of
from flows.settings import Settings
from flows.what_if import choose_options, choose_scenario, open_night, plan, price

COLUMNS: Final = (
    "component",
    "cost_class",
    "usd_per_day",
    "usd_per_day_low",
    "usd_per_day_high",
    "formula",
    "depth",
    "input",
    "value",
    "unit",
    "low",
    "high",
    "computed",
    "source",
    "as_of",
)

#: Prices of rents that a discount is off: their list price, and what the discount is called among the inputs.
DISCOUNTED: Final = {
    "usd_per_hour": ("list_usd_per_hour", "discount_ratio"),
    "on_demand_usd_per_hour": ("list_on_demand_usd_per_hour", "on_demand_discount_ratio"),
}


#: Begin of the names of quantities of the cost model that are a list price and the discount off it.
PAID: Final = "paid_"


@dataclass(frozen=True)
class Detail:
    """One input of a component, `depth` steps behind it."""

    depth: int
    given: Input
    origin: Origin


@dataclass(frozen=True)
class Explained:
    """One option's bill.

    Args:
        cost: the row of ``daily_cost``, computed anew.
        option: the row of ``option``.
        scenario: the row of the scenario.
        lines: components that apply, in the order of the registry; none where the option has no cost.
        origins: origin of each input, by name.
        published_usd: what the night published for it [USD/day]; None: nothing.
        discounts: a note where ``[[discount]]`` changed since the night; "" where it did not.
    """

    cost: dict[str, Any]
    option: dict[str, Any]
    scenario: dict[str, Any]
    lines: list[Line]
    origins: dict[str, Origin]
    published_usd: Decimal | None
    discounts: str

    def details(self, line: Line) -> Iterator[Detail]:
        """Known inputs of a component, each before what it is computed from."""
        yield from self._walk(line.inputs, 0)

    def _walk(self, inputs: tuple[Input, ...], depth: int) -> Iterator[Detail]:
        for given in inputs:
            if math.isnan(given.value):
                continue
            whole = self._negotiated(_undiscounted(given))
            yield Detail(depth, whole, self._origin(whole))
            yield from self._walk(whole.inputs, depth + 1)

    def _negotiated(self, given: Input) -> Input:
        """An hourly price with its list price and discount behind it, where it has one."""
        listed, discount = DISCOUNTED.get(given.name, ("", ""))
        list_price = self.option.get(listed)
        if not list_price or list_price == given.value:
            return given
        ratio = round(1 - given.value / list_price, 9)  # of prices with ten decimals
        behind = (Input(listed, list_price, "column"), Input(discount, ratio, "column"))
        return replace(given, formula="List price x (1 - negotiated discount) [usd/hour].", inputs=behind)

    def _origin(self, given: Input) -> Origin:
        if given.kind == "fleet":
            return Origin("hours of the day's traffic, packed on nodes", unit=FLEET_UNITS.get(given.name, "1"))
        unit = given.formula.rpartition("[")[2].partition("]")[0] if "[" in given.formula else UNITS.get(given.name, "")
        return self.origins.get(
            given.name, Origin("the kind of option" if given.name.startswith("is_") else "", unit=unit or "1")
        )


def _undiscounted(given: Input) -> Input:
    """The list price itself in place of a paid one that no discount is off."""
    if given.name.startswith(PAID) and not given.inputs[1].value:
        return given.inputs[0]
    return given


def explained(
    settings: Settings, option_ids: list[str], scenario_id: str, day: str, currency: str
) -> tuple[list[Explained], Decimal]:
    """Take options apart, in the order asked.

    Args:
        settings: the user's own figures.
        option_ids: options, as published.
        scenario_id: the service.
        day: a night that is still kept, YYYY-MM-DD; "": the last one.
        currency: ISO 4217 code.

    Returns:
        The bills, and units of the currency per USD on that night.

    Raises:
        UsageError: no night was published or kept, or an option, the scenario or the currency is not known.
    """
    with open_night(settings, day) as reference:
        scenarios = _names(reference, f"select scenario_id from {reference['stg_scenario']}")
        one_of("--scenario", scenario_id, scenarios, ", ".join(scenarios))
        known = _names(reference, "select distinct option_id from night.option")
        for option_id in option_ids:
            one_of("option", option_id, known, 'costwatt sql "select option_id from option"')
        choose_scenario(reference, scenario_id)
        choose_options(reference, "list_contains(?, option_id)", [option_ids])
        tables = plan(reference)
        price(reference, tables, settings.cost_draws)
        inputs = {
            option_id: {name: values[[row]] for name, values in columns.items()}
            for batch, columns in input_rows(reference.con, tables)
            for row, option_id in enumerate(batch.column("option_id").to_pylist())
        }
        assumptions = assumption_table(reference.con, tables)
        rate = units_per_usd(reference.con, currency, "night.fx_rate")
        return [_explained(reference, name, inputs.get(name), assumptions) for name in option_ids], rate


def notes_of_change(found: Explained) -> list[str]:
    """What a bill computed now has of the night, and what of now, where the night's own or the next one's differs."""
    now, then = found.cost["usd_per_day"], found.published_usd
    published = (
        f"that night published {then or 'no cost'} USD/day for {found.cost['option_id']}: the bill above has its"
        " prices, discounts, exchange rates, tariffs and sites, and the present scenarios, demand profiles, assumptions"
        " and measurements of costwatt.toml, reference tables of models and accelerators, and cost model"
    )
    return [note for note in (published if now != then else "", found.discounts) if note]


def rows_for_machines(found: Explained) -> list[list[Any]]:
    """One row per component and input, in the order of :data:`COLUMNS`."""
    rows = []
    for line in found.lines:
        low, high = interval(found, line.component)
        head = [line.component, line.cost_class, line.usd_per_day, low, high, line.formula]
        for one in found.details(line):
            where = one.origin
            tail = [where.unit, where.low, where.high, one.given.formula, where.source, where.as_of]
            rows.append([*head, one.depth, one.given.name, one.given.value, *tail])
    return rows


def interval(found: Explained, component: str) -> tuple[Decimal | None, Decimal | None]:
    """Marginal 5th and 95th percentile of a component [USD/day]."""
    return found.cost[f"{component}_low"], found.cost[f"{component}_high"]


def _explained(
    reference: Reference, option_id: str, inputs: dict[str, Any] | None, assumptions: Mapping[str, Assumption]
) -> Explained:
    costs = rows_of(
        reference.con,
        "select daily_cost.*, cost_row.* like '%_usd_%' from daily_cost inner join cost_row using (option_id)"
        " where option_id = ?",
        [option_id],
    )
    if not costs or inputs is None:
        raise UsageError(f"{option_id}: serves another model than this scenario's")
    (scenario,) = rows_of(reference.con, f"from {reference['stg_scenario']}")
    option = rows_of(
        reference.con,
        f"from {reference['opt_all']} where option_id = ? and coalesce(tier_start_tokens, 0) <= ?"
        " order by tier_start_tokens desc limit 1",
        [option_id, scenario["input_tokens"]],
    )[0]
    published = rows_of(
        reference.con,
        "select usd_per_day from night.daily_cost where option_id = ? and scenario_id = ?",
        [option_id, scenario["scenario_id"]],
    )
    cost = costs[0]
    priced = cost["usd_per_day"] is not None
    return Explained(
        cost,
        option,
        scenario,
        explain(inputs, assumptions) if priced else [],
        origins(reference, option, plan_phrase(cost), cost["tariff_band"]),
        published[0]["usd_per_day"] if published else None,
        note_of_discounts(reference, [option_id]),
    )


def plan_phrase(cost: dict[str, Any]) -> str:
    """The serving plan in one phrase."""
    if cost["tensor_parallel"] is None:
        return "no serving plan"
    return (
        f"serving model: {cost['precision']}, {cost['tensor_parallel']:.0f} accelerators per replica,"
        f" {cost['evidence']} throughput"
    )


def _names(reference: Reference, sql: str) -> list[str]:
    return sorted(name for (name,) in reference.con.execute(sql).fetchall())
