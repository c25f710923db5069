"""Print what a training run costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields
from decimal import Decimal

from flows.figures import readable
from flows.render import Format, emit, money
from flows.training import Job, Run

SMALL_USD = 100.0  # amounts below it are shown with cents
HEADERS = ("option", "accelerator", "nodes", "acc. hours", "days", "MWh", "{c}", "low", "high", "{c}/acc. h", "{c}/day")


def show_training(
    job: Job, runs: Sequence[Run], form: Format, *, more: int, below_list: int, currency: str, rate: Decimal
) -> None:
    """Print runs, cheapest first; people see amounts in `currency`, machines in USD as the columns say.

    `more` options were priced and are not among the runs, `below_list` of the runs are at a negotiated price.
    """
    if form is not Format.table:
        emit([f.name for f in fields(Run)], [astuple(run) for run in runs], form)
        return
    kind = "adapters (LoRA), 4 N D" if job.lora else "all weights, 6 N D"
    size = f"{readable(job.params / 1e9)} B parameters x {readable(job.tokens / 1e9)} B tokens"
    print(f"{job.flop:.3g} FLOP: {size}, {kind}")
    print(f"  on {job.accelerators:,} accelerators at once (whole nodes), in {job.precision}; experiments included")
    print("  assumed: utilisation, goodput, experiments, power (table assumption, training_*); own hardware is charged")
    print("  for the days of the run, a commitment is listed where the run fills its term; staff included;")
    basis = f"list prices but for {below_list} negotiated below" if below_list else "list prices"
    print(f"  {basis}, excluding tax; the last column spreads the cost over the model's life\n")
    headers = [h.format(c=currency) for h in HEADERS]
    emit(headers, [_cells(run, rate) for run in runs], form, right=headers[2:])
    print(f"\n{more} more: dearer, or the same in dearer regions")


def _cells(run: Run, rate: Decimal) -> list[str]:
    def amount(usd: float, digits: int = 0) -> str:
        return money(Decimal(usd) * rate, digits if usd >= SMALL_USD else 2)

    return [
        run.option_id,
        run.accelerator,
        f"{run.nodes:,}",
        readable(run.accelerator_hours),
        readable(run.days),
        readable(run.mwh),
        amount(run.usd),
        amount(run.usd_low),
        amount(run.usd_high),
        amount(run.usd_per_accelerator_hour, 2),
        amount(run.usd_per_day),
    ]
