"""One row's bill, line by line: each component with its formula and everything that went into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from inspect import getdoc
from typing import Any

import numpy as np
from numpy.typing import NDArray

from costmodel.bill import bill_of, traffic_of
from costmodel.demand import Fleet
from costmodel.evaluate import facts_of, read_rows, shares_of
from costmodel.futures import Future
from costmodel.money import COMPONENTS
from costmodel.quantities import FUNCTIONS, Quantities, parameters
from costmodel.uncertainty import Assumption


@dataclass(frozen=True, slots=True)
class Input:
    """One figure behind a component.

    Attributes:
        name: Column, assumption or quantity; its unit is in the name.
        value: Its base value.
        kind: column (of the scenario, the plan or the option), assumption, fleet (from the traffic) or quantity.
        formula: How a quantity is computed, in words; empty for the other kinds.
        inputs: What a quantity is computed from.
    """

    name: str
    value: float
    kind: str
    formula: str = ""
    inputs: tuple["Input", ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One component of a bill.

    Attributes:
        component: Name of the component.
        cost_class: hardware, software, labour, energy, network or tokens.
        usd_per_day: Its base value [usd/day].
        formula: The formula in words, with units.
        inputs: Everything in it.
    """

    component: str
    cost_class: str
    usd_per_day: float
    formula: str
    inputs: tuple[Input, ...]


def explain(row: Mapping[str, NDArray[Any]], assumptions: Mapping[str, Assumption]) -> list[Line]:
    """Take a bill apart.

    Args:
        row: Input columns of `costmodel.evaluate`, one entry each.
        assumptions: As for `evaluate`.

    Returns:
        One line per component that applies to the row's deployment, in the order of the registry.
    """
    table = read_rows(row)
    deployment, billing = table["deployment"].item(), table["billing"].item()
    base = Future.base(assumptions)
    facts = facts_of(table, deployment, billing, np.arange(1))
    traffic = None if deployment == "api" else traffic_of(facts, shares_of(table, np.arange(1)), base)
    bill = bill_of(deployment, facts, traffic, base)
    return [
        Line(
            component.name,
            component.cost_class,
            bill[component.name].item(),
            component.formula,
            tuple(_input(name, bill, assumptions) for name in parameters(component.function)),
        )
        for component in COMPONENTS
        if deployment in component.deployments
    ]


def _input(name: str, bill: Quantities, assumptions: Mapping[str, Assumption]) -> Input:
    """One figure, with the figures behind it."""
    value = bill[name].item()
    if name in FUNCTIONS:
        formula = (getdoc(FUNCTIONS[name]) or "").partition("\n")[0]
        behind = tuple(_input(each, bill, assumptions) for each in parameters(FUNCTIONS[name]))
        return Input(name, value, "quantity", formula, behind)
    kinds = {"assumption": assumptions, "fleet": Fleet.__slots__}
    return Input(name, value, next((kind for kind, names in kinds.items() if name in names), "column"))
