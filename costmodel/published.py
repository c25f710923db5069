"""Formulas of published cases, to be recomputed from their published inputs. Each takes named numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from costmodel.training import training_flop

Inputs = Mapping[str, float]

_SECONDS_PER_DAY = 86_400.0
_SECONDS_PER_HOUR = 3_600.0
_MILLION = 1e6


def product(inputs: Inputs) -> float:
    """Product of all inputs."""
    return prod(inputs.values())


def quotient(inputs: Inputs) -> float:
    """``numerator / denominator``."""
    return inputs["numerator"] / inputs["denominator"]


def margin(inputs: Inputs) -> float:
    """``revenue / cost - 1``, as DeepSeek states its margin [ratio]."""
    return inputs["revenue"] / inputs["cost"] - 1.0


def flop_of_training(inputs: Inputs) -> float:
    """6 N D of ``params`` and ``tokens`` [FLOP]."""
    return float(training_flop(inputs["params"], inputs["tokens"]))


def training_flop_ratio(inputs: Inputs) -> float:
    """6 N D of one model over that of another [ratio]."""
    large = training_flop(inputs["large_params"], inputs["large_tokens"])
    return float(large / training_flop(inputs["small_params"], inputs["small_tokens"]))


def query_energy_wh(inputs: Inputs) -> float:
    """Energy of one answer: 2 N tokens / (peak MFU) x power x utilisation x PUE [Wh]."""
    seconds = 2.0 * inputs["active_params"] * inputs["output_tokens"] / (inputs["peak_flop_s"] * inputs["mfu"])
    return seconds * inputs["watts"] * inputs["power_ratio"] * inputs["pue"] / _SECONDS_PER_HOUR


def token_revenue_usd(inputs: Inputs) -> float:
    """Tokens of three kinds at their prices per million [USD]."""
    kinds = ("input", "cached", "output")
    return sum(inputs[f"{kind}_tokens"] * inputs[f"{kind}_usd"] for kind in kinds) / _MILLION


def nodes_of_tokens(inputs: Inputs) -> float:
    """Nodes that serve a day's tokens at given rates per node: prefill and decode."""
    prefill = inputs["input_tokens"] / (inputs["prefill_tok_s"] * _SECONDS_PER_DAY)
    return prefill + inputs["output_tokens"] / (inputs["decode_tok_s"] * _SECONDS_PER_DAY)


def hours_of_runs(inputs: Inputs) -> float:
    """Sum of accelerator hours [h]."""
    return sum(inputs.values())


def carbon_of_runs_t(inputs: Inputs) -> float:
    """Accelerator hours x power x grid intensity [tCO2e]."""
    return inputs["hours"] * inputs["watts"] / 1e3 * inputs["kg_per_kwh"] / 1e3


FORMULAS: Mapping[str, Callable[[Inputs], float]] = {
    formula.__name__: formula
    for formula in (
        product,
        quotient,
        margin,
        flop_of_training,
        training_flop_ratio,
        query_energy_wh,
        token_revenue_usd,
        nodes_of_tokens,
        hours_of_runs,
        carbon_of_runs_t,
    )
}
