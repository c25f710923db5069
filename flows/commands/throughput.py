"""``costwatt throughput``: how fast one node serves a model, from physics alone."""

from __future__ import annotations

from typing import Annotated, get_args

import typer

from flows.commands import service
from flows.commands.options import Form, number_option, whole_option
from flows.config_tables import Precision, Scenario
from flows.quantities import one_of
from flows.render import Format
from flows.settings import load_settings


def throughput(
    accelerator: Annotated[str, typer.Option(help="An accelerator of the reference table, e.g. h100-sxm.")],
    input_tokens: service.InputTokens,
    output_tokens: service.OutputTokens,
    model: service.Model = None,
    config: service.Config = None,
    count: Annotated[int, whole_option("--count", 1, 1024, "1", "N", "Accelerators of the node.")] = 1,
    precision: Annotated[str, typer.Option(help="Number format: bf16, fp8, int8, int4 or fp4.")] = "bf16",
    batch: Annotated[
        float | None,
        number_option(
            "--batch",
            1,
            100_000,
            "1",
            "N",
            "Requests decoded together; default: the largest that memory and the targets allow.",
        ),
    ] = None,
    cache_hit: service.CacheHit = 0.0,
    ttft_ms: service.Ttft = None,
    itl_ms: service.Itl = None,
    utilisation: service.Utilisation = 0.8,
    form: Form = Format.table,
) -> None:
    """How fast a node serves a model; no prices.

    Tokens per second, latency, batch, watts and joules per token; whether the model fits, or why not.
    """
    one_of("--precision", precision, list(get_args(Precision)), ", ".join(get_args(Precision)))
    # pyarrow and the cost model take half a second to import: --help does not need them
    from flows.figures import emit_figures  # noqa: PLC0415
    from flows.model_config import counted, read_model  # noqa: PLC0415
    from flows.reference import open_reference  # noqa: PLC0415
    from flows.throughput import figures, node_of  # noqa: PLC0415
    from flows.what_if import with_scenario  # noqa: PLC0415

    settings = load_settings()
    reference = open_reference(settings)
    found = read_model(settings, reference, model, config)
    node_of(reference, accelerator, count)
    scenario = Scenario.model_validate(
        {
            "model": found.name,
            "requests_per_day": 1,  # no figure of a node depends on it
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cache_hit_ratio": cache_hit,
            "ttft_p95_ms": ttft_ms,
            "itl_mean_ms": itl_ms,
            "target_utilisation_ratio": utilisation,
            "allowed_precisions": [precision],
        }
    )
    with_scenario(reference, settings, scenario)
    title = (
        f"{found.described} in {precision} on {count} x {accelerator}",
        f"{input_tokens:,.0f} input and {output_tokens:,.0f} output tokens per request; served by vLLM; no prices",
    )
    emit_figures(figures(reference, counted(found), count, batch), form, title)
