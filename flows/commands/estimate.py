"""``costwatt estimate``: what a service of one's own would cost, on every option of the published night."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from connectors.errors import UsageError
from flows.commands import service
from flows.commands.options import Currency, Form, number_option
from flows.config_tables import Precision, Scenario
from flows.quantities import one_of
from flows.render import Format
from flows.settings import load_settings


def estimate(
    requests_per_day: service.Requests,
    input_tokens: service.InputTokens,
    output_tokens: service.OutputTokens,
    model: service.Model = None,
    config: service.Config = None,
    cache_hit: service.CacheHit = 0.0,
    ttft_ms: service.Ttft = None,
    itl_ms: service.Itl = None,
    precision: service.Precisions = None,
    peak_to_average: service.PeakToAverage = None,
    min_replicas: service.MinReplicas = 2,
    spare_nodes: service.SpareNodes = 1,
    utilisation: service.Utilisation = 0.8,
    profile: Annotated[
        str, typer.Option(help="Shape of the day: regional-day, global-day, flat, or one of your costwatt.toml.")
    ] = "regional-day",
    tokens_per_second: Annotated[
        float | None,
        number_option(
            "--tokens-per-second",
            0.01,
            1e6,
            "token/s",
            "T",
            "Your own measurement in place of the physics: output tokens per second of one --accelerator.",
        ),
    ] = None,
    accelerator: Annotated[str | None, typer.Option(help="Price options with this accelerator only.")] = None,
    interruptible: Annotated[bool, typer.Option("--interruptible", help="Rank spot capacity too.")] = False,
    provider: Annotated[str | None, typer.Option(help="aws, azure, onprem, openai, ...")] = None,
    region: Annotated[str | None, typer.Option(help="A cloud region or a tariff zone.")] = None,
    top: Annotated[int, typer.Option(help="How many options to list.", min=1)] = 15,
    form: Form = Format.table,
    currency: Currency = "USD",
) -> None:
    """What a service of your own would cost.

    Your model, traffic and latency targets, priced on every option of the last night; nothing is stored.
    """
    if tokens_per_second is not None and accelerator is None:
        raise UsageError("--tokens-per-second: say where it was measured: --accelerator h100-sxm")
    # pyarrow and the cost model take half a second to import: --help does not need them
    from flows.estimate import Question, answer  # noqa: PLC0415
    from flows.progress import say  # noqa: PLC0415
    from flows.show_estimate import show_estimate  # noqa: PLC0415
    from flows.today import Filters  # noqa: PLC0415
    from flows.what_if import NAME, Throughput  # noqa: PLC0415

    def scenario(name: str, precisions: str) -> Scenario:
        return Scenario.model_validate(
            {
                "model": name,
                "requests_per_day": requests_per_day,
                "input_tokens": input_tokens,
                "output_tokens": output_tokens,
                "cache_hit_ratio": cache_hit,
                "ttft_p95_ms": ttft_ms,
                "itl_mean_ms": itl_ms,
                "peak_to_average_ratio": peak_to_average,
                "min_replicas": min_replicas,
                "spare_nodes": spare_nodes,
                "target_utilisation_ratio": utilisation,
                "demand_profile": profile,
                "interruption_tolerated": interruptible,
                "allowed_precisions": _checked(precision) or precisions.split(";"),
            }
        )

    settings = load_settings()
    measured = Throughput(str(accelerator), tokens_per_second) if tokens_per_second is not None else None
    question = Question(model, config, scenario, accelerator, measured, currency.upper())
    found = answer(settings, question, Filters(NAME, provider, region, None, top))
    show_estimate(found, form, currency.upper())
    if found.discounts:
        say(found.discounts)


def _checked(precisions: list[str] | None) -> list[str]:
    known = list(get_args(Precision))
    return [one_of("--precision", p, known, ", ".join(known)) for p in precisions or []]
