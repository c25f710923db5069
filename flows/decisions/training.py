"""What training the models whose tokens are published would cost tonight, rented and on own hardware."""

from __future__ import annotations

from typing import Final

import duckdb
import numpy as np
import pyarrow as pa

from costmodel import training
from costmodel.quantities import DAYS_PER_YEAR
from costmodel.sampling import quantiles
from costmodel.uncertainty import HIGH, LOW, Assumption, assumption_draws
from flows.cost_joins import Tables
from flows.decisions.training_nodes import cheapest_nodes
from flows.model_tables import Columns, assumption_table, model_architectures

ACCELERATORS: Final = 1024  # at once: the size that days are told for
DRAWS: Final = 2048
EFFICIENCY: Final = ("training_mfu_ratio", "training_goodput_ratio", "training_experiments_ratio")
KEPT: Final = ("accelerator", "purchase_option", "option_id", "region")


def training_rows(con: duckdb.DuckDBPyConnection, tables: Tables) -> pa.Table:
    """Cost of each published training run on the cheapest node of each (accelerator, purchase option).

    Args:
        con: connection that sees all `tables`.
        tables: FROM expressions of option, accelerator, server, serving_coefficient, model_fact, training_run and
            assumption.

    Returns:
        One row per (model, accelerator, purchase_option).
    """
    assumptions = assumption_table(con, tables)
    nodes, columns = cheapest_nodes(con, tables, assumptions)
    architectures = model_architectures(con, tables)
    statement = (
        "select model, value, low, high, unit, source, as_of from {training_run}"
        " where attribute = 'training_tokens' order by model"
    )
    found = []
    for model, *given in con.sql(statement.format(**tables)).fetchall():
        tokens = Assumption(*given)
        active_params = float(architectures[model].active_params_card)
        texts = {"model": model, "source": tokens.source, "as_of": tokens.as_of}
        repeated = {name: pa.repeat(pa.scalar(text), len(nodes)) for name, text in texts.items()}
        figures = training_figures(columns, active_params, tokens, assumptions)
        numbers = {name: pa.array(values, pa.float64(), from_pandas=True) for name, values in figures.items()}
        found.append(pa.table({name: nodes[name] for name in KEPT} | repeated | numbers))
    return pa.concat_tables(found)


def training_figures(
    nodes: Columns, active_params: float, tokens: Assumption, assumptions: dict[str, Assumption]
) -> Columns:
    """Size and price one run on each node.

    Args:
        nodes: usd_per_accelerator_hour [usd/hour], bf16_dense_tflops, nameplate_w (per accelerator) [W], pue_ratio.
        active_params: parameters active per token.
        tokens: tokens of the final run.
        assumptions: efficiency of training, power, and the life of a model.

    Returns:
        One array per figure, shape (nodes,); low and high are P5 and P95 over the efficiency and the tokens, at
        the same price per hour.
    """
    efficiency = training.TrainingEfficiency(*(assumptions[name].value for name in EFFICIENCY))
    flop = training.training_flop(active_params, tokens.value)
    watts = nodes["nameplate_w"] * assumptions["training_power_ratio"].value
    run = training.train(flop, ACCELERATORS, nodes["bf16_dense_tflops"], watts, nodes["pue_ratio"], efficiency)
    usd = training.training_usd(run.accelerator_hours, nodes["usd_per_accelerator_hour"])
    low, high = _hours_interval(tokens, assumptions)
    life_years = assumptions["training_model_life_days"].value / DAYS_PER_YEAR
    return {
        "active_params": np.full(len(usd), active_params),
        "training_tokens": np.full(len(usd), tokens.value),
        "training_flop": np.full(len(usd), float(flop)),
        "accelerator_hours": run.accelerator_hours,
        "days_on_1024_accelerators": run.days,
        "kwh": run.energy_kwh,
        "usd_per_accelerator_hour": nodes["usd_per_accelerator_hour"],
        "training_usd": usd,
        "training_usd_low": usd * low,
        "training_usd_high": usd * high,
        "amortised_usd_per_day": training.amortised_usd_per_day(usd, life_years),
    }


def _hours_interval(tokens: Assumption, assumptions: dict[str, Assumption]) -> tuple[float, float]:
    """P5 and P95 of a run's hours over those at base values."""
    base = training.TrainingEfficiency(*(assumptions[name].value for name in EFFICIENCY))
    draws = (assumption_draws(name, assumptions[name], DRAWS).astype(np.float64) for name in EFFICIENCY)
    drawn = training.TrainingEfficiency(*draws)
    drawn_tokens = assumption_draws("training_tokens", tokens, DRAWS).astype(np.float64)
    hours = training.accelerator_hours(drawn_tokens, 1.0, drawn) / training.accelerator_hours(tokens.value, 1.0, base)
    low, high = quantiles(hours[None, :], (LOW, HIGH))
    return float(low[0]), float(high[0])
