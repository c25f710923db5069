"""``costwatt train``: what training or fine-tuning a model costs, on every option of the published night."""

from __future__ import annotations

from typing import Annotated

import typer

from connectors.errors import UsageError
from flows.commands import service
from flows.commands.options import Currency, Form, number_option, whole_option
from flows.quantities import one_of
from flows.render import Format
from flows.settings import load_settings


def train(
    tokens: Annotated[
        float, number_option("--tokens", 1e3, 1e18, "token", "D", "Tokens that training sees, e.g. 15T.")
    ],
    params: Annotated[
        float | None, number_option("--params", 1e6, 1e14, "1", "N", "Parameters active per token, e.g. 70B.")
    ] = None,
    model: service.Model = None,
    config: service.Config = None,
    lora: Annotated[bool, typer.Option("--lora", help="Train adapters only: 4 N D in place of 6 N D.")] = False,
    accelerators: Annotated[
        int, whole_option("--accelerators", 1, 1_000_000, "1", "K", "Accelerators used at once.")
    ] = 1024,
    precision: Annotated[str, typer.Option(help="Number format of the matrix products: bf16 or fp8.")] = "bf16",
    top: Annotated[int, typer.Option(help="How many options to list.", min=1)] = 15,
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """What training or fine-tuning costs.

    FLOP, accelerator hours, days, energy and money on every option of the last night.
    """
    # pyarrow and the cost model take half a second to import: --help does not need them
    from flows.currency import units_per_usd  # noqa: PLC0415
    from flows.discounts import negotiated, note_of_discounts  # noqa: PLC0415
    from flows.model_config import read_model  # noqa: PLC0415
    from flows.progress import say  # noqa: PLC0415
    from flows.show_training import show_training  # noqa: PLC0415
    from flows.training import PEAK, Job, runs  # noqa: PLC0415
    from flows.what_if import open_night  # noqa: PLC0415

    one_of("--precision", precision, list(PEAK), ", ".join(PEAK))
    if params is not None and (model or config):
        raise UsageError("--params: leave it out where --model or --config says it")
    settings = load_settings()
    with open_night(settings) as reference:
        if params is None:
            found = read_model(settings, reference, model, config).architecture
            active, total = float(found.active_params_card), float(found.total_params)
        else:
            active = total = params
        job = Job(active, tokens, lora, precision, accelerators, total)
        rate = units_per_usd(reference.con, currency.upper(), "night.fx_rate")
        found_runs, priced = runs(reference, job, settings.cost_draws, top)
        note = note_of_discounts(reference, products=("rent",))
        below_list = negotiated(reference.con, [run.option_id for run in found_runs])
    more = priced - len(found_runs)
    show_training(job, found_runs, form, more=more, below_list=below_list, currency=currency.upper(), rate=rate)
    if note:
        say(note)
