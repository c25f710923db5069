"""A what-if from question to ranked answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from flows.config_tables import Scenario
from flows.currency import units_per_usd
from flows.discounts import note_of_discounts
from flows.model_config import Model, counted, read_model
from flows.quantities import one_of
from flows.reference import Reference
from flows.settings import Settings
from flows.today import Filters, Today, today
from flows.what_if import NAME, Throughput, choose_options, choose_scenario, open_night, plan, price, with_scenario


@dataclass(frozen=True)
class Question:
    """What a person asks.

    Args:
        model: name of the model, or None where `config` names a file.
        config: a config.json.
        scenario: makes the scenario of a model's name and the precisions that it admits by itself.
        accelerator: the only accelerator to price, or None.
        measured: throughput that stands in for the physics.
        currency: ISO 4217 code of the answer.
    """

    model: str | None
    config: Path | None
    scenario: Callable[[str, str], Scenario]
    accelerator: str | None
    measured: Throughput | None
    currency: str


@dataclass(frozen=True)
class Estimate:
    """The answer, with what was asked and assumed.

    Args:
        model: the counted model.
        scenario: traffic, targets and assumptions.
        today: the ranked options.
        measured: as asked.
        rate: units of the asked currency per USD.
        discounts: a note where ``[[discount]]`` changed since the night; "" where it did not.
    """

    model: Model
    scenario: Scenario
    today: Today
    measured: Throughput | None
    rate: Decimal
    discounts: str


def answer(settings: Settings, question: Question, filters: Filters) -> Estimate:
    """Price one scenario on all options of the published night.

    Raises:
        UsageError: no night was published, or the model, the profile, the accelerator or the currency is not known.
    """
    with open_night(settings) as reference:
        model = read_model(settings, reference, question.model, question.config)
        scenario = question.scenario(model.name, model.precisions)
        _check(reference, scenario, question.accelerator)
        scenario.peak_to_average_ratio = settings.peak_to_average_ratio(scenario)
        with_scenario(reference, settings, scenario)
        choose_scenario(reference, NAME)
        if question.accelerator is not None:
            choose_options(reference, "accelerator = ?", [question.accelerator])
        price(reference, plan(reference, counted(model), question.measured), settings.cost_draws)
        rate = units_per_usd(reference.con, question.currency, "night.fx_rate")
        found, discounts = today(reference.con, filters), note_of_discounts(reference)
        return Estimate(model, scenario, found, question.measured, rate, discounts)


def _check(reference: Reference, scenario: Scenario, accelerator: str | None) -> None:
    profiles = _names(reference, f"select distinct profile from {reference['stg_demand_profile']}")
    one_of("--profile", scenario.demand_profile, profiles, ", ".join(profiles))
    if accelerator is not None:
        accelerators = _names(reference, "select distinct accelerator from night.option where accelerator is not null")
        one_of("--accelerator", accelerator, accelerators, ", ".join(accelerators))


def _names(reference: Reference, sql: str) -> list[str]:
    return sorted(name for (name,) in reference.con.execute(sql).fetchall())
